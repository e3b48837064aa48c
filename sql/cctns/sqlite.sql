-- CCTNS as the bridge expects it, SQLite dialect (rehearsal and tests).
--
-- In the conventions of CAS(State): t_* transactions, m_* masters, *_CD codes, masters keyed by (code, LANG_CD) with
-- 6 = Hindi and 99 = English, RECORD_STATUS C created / M modified / D deleted, audit and sync columns on every table.
-- The complaint tables' own names are not published: a site with others writes another map, and no C.
-- The bridge reads by COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON) and never writes a RECORD_SYNC_* column.
-- Times are Asia/Kolkata without a zone, as 'YYYY-MM-DD HH:MM:SS'.

CREATE TABLE m_district (
    DISTRICT_CD       INTEGER NOT NULL,
    LANG_CD           INTEGER NOT NULL,
    STATE_CD          INTEGER NOT NULL,
    RANGE_CD          INTEGER,
    DISTRICT          TEXT NOT NULL,
    RECORD_STATUS     TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON TEXT NOT NULL,
    RECORD_CREATED_BY TEXT NOT NULL,
    RECORD_UPDATED_ON TEXT,
    RECORD_UPDATED_BY TEXT,
    RECORD_SYNC_FROM  TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1    TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT,
    PRIMARY KEY (DISTRICT_CD, LANG_CD)
);

CREATE TABLE m_police_station (
    PS_CD             INTEGER NOT NULL,
    LANG_CD           INTEGER NOT NULL,
    STATE_CD          INTEGER NOT NULL,
    DISTRICT_CD       INTEGER NOT NULL,
    SUB_DISTRICT_CD   INTEGER,
    PS                TEXT NOT NULL,
    CIRCLE_CD         INTEGER,
    RECORD_STATUS     TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON TEXT NOT NULL,
    RECORD_CREATED_BY TEXT NOT NULL,
    RECORD_UPDATED_ON TEXT,
    RECORD_UPDATED_BY TEXT,
    RECORD_SYNC_FROM  TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1    TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT,
    PRIMARY KEY (PS_CD, LANG_CD)
);

CREATE TABLE m_officer (
    OFFICER_CD        INTEGER NOT NULL,
    LANG_CD           INTEGER NOT NULL,
    PS_CD             INTEGER,
    OFFICER_NAME      TEXT NOT NULL,
    OFFICER_RANK      TEXT NOT NULL,
    BELT_NO           TEXT,
    MOBILE_1          INTEGER,
    RECORD_STATUS     TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON TEXT NOT NULL,
    RECORD_CREATED_BY TEXT NOT NULL,
    RECORD_UPDATED_ON TEXT,
    RECORD_UPDATED_BY TEXT,
    RECORD_SYNC_FROM  TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1    TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT,
    PRIMARY KEY (OFFICER_CD, LANG_CD)
);

CREATE TABLE t_complaint (
    COMPLAINT_SRNO     INTEGER PRIMARY KEY,
    LANG_CD            INTEGER NOT NULL,
    COMPLAINT_REG_NUM  TEXT NOT NULL UNIQUE,       -- DISTRICT_CD(5) year(2) serial(7)
    STATE_CD           INTEGER NOT NULL,
    DISTRICT_CD        INTEGER NOT NULL,
    PS_CD              INTEGER,
    UNIT_CD            INTEGER,                    -- district, station or range that it is marked to; NULL = district
    REG_YEAR           INTEGER NOT NULL,
    REG_DT             TEXT NOT NULL,
    ORIGIN_SYSTEM      TEXT,                       -- 'igrs' ...; NULL = lodged at a police unit
    ORIGIN_NO          TEXT,
    CASE_NO            TEXT,                       -- a second number there
    REF_TYPE_CD        TEXT,
    KIND_CD            TEXT,                       -- COMPLAINT SUGGESTION TIP REQUEST
    MODE_CD            TEXT,                       -- HAND POST MAIL WEB APP QR PHONE PORTAL
    IDENTITY_CD        TEXT,                       -- N named C confidential S sealed A anonymous O office
    CATEGORY_CD        TEXT,
    PRIORITY_CD        INTEGER,
    SUBJECT            TEXT,
    COMPLAINT_DESC     TEXT,
    AGAINST_DESC       TEXT,
    INCIDENT_DT        TEXT,
    FULL_NAME          TEXT,
    RELATIVE_NAME      TEXT,
    GENDER_CD          INTEGER,                    -- 1 male 2 female 3 third 9 unknown
    AGE                INTEGER,
    MOBILE_1           INTEGER,                    -- ten digits, as CAS keeps it
    EMAIL              TEXT,
    ADDRESS            TEXT,
    PINCODE            TEXT,
    RECEIVED_DT        TEXT,
    MARKED_DT          TEXT,
    DUE_DT             TEXT,
    EXPECTED_DT        TEXT,                       -- day that an interim reply promises
    STATUS_CD          INTEGER NOT NULL,           -- 1 registered 2 forwarded 3 officer named 4 enquiry 5 report
                                                   -- with SHO 6 returned 7 disposed 8 closed 9 reopened 10 transferred
                                                   -- 11 interim reply 12 information sought 13 not
                                                   -- entertained 14 duplicate 15 withdrawn
    OFFICER_CD         INTEGER,                    -- enquiry officer
    LEVEL_CD           TEXT,                       -- rank at which it stands
    DISPOSAL_CD        TEXT,
    REASON_CD          TEXT,                       -- why it was not entertained
    DISPOSED_DT        TEXT,
    FIR_REG_NUM        INTEGER,                    -- the FIR that it led to
    FIR_DT             TEXT,
    GD_NUM             TEXT,                       -- entry in the general diary
    GD_DT              TEXT,
    RECORD_STATUS      TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  TEXT NOT NULL,
    RECORD_CREATED_BY  TEXT NOT NULL,
    RECORD_UPDATED_ON  TEXT,
    RECORD_UPDATED_BY  TEXT,
    RECORD_SYNC_FROM   TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1     TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT,
    UNIQUE (ORIGIN_SYSTEM, ORIGIN_NO)
);
CREATE INDEX t_complaint_changed ON t_complaint (COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON), COMPLAINT_REG_NUM);

CREATE TABLE t_complaint_action (
    ACTION_SRNO        INTEGER PRIMARY KEY,
    LANG_CD            INTEGER NOT NULL,
    COMPLAINT_SRNO     INTEGER NOT NULL REFERENCES t_complaint,
    ACTION_CD          INTEGER NOT NULL,           -- as STATUS_CD; 20 reminder
    ACTION_DT          TEXT NOT NULL,
    ACTION_DESC        TEXT,                       -- remarks; for a report or a disposal its whole text
    OFFICER_CD         INTEGER,
    OFFICE             TEXT,
    TO_UNIT_CD         INTEGER,                    -- of a transfer: unit that receives it, as UNIT_CD
    TO_NUM             TEXT,                       -- and its number there
    DISPOSAL_CD        TEXT,
    REASON_CD          TEXT,
    EXPECTED_DT        TEXT,
    ORIGIN_SYSTEM      TEXT,                       -- of a reminder: the system that it came from; NULL = done here
    ORIGIN_KEY         TEXT,                       -- and its key there
    RECORD_STATUS      TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  TEXT NOT NULL,
    RECORD_CREATED_BY  TEXT NOT NULL,
    RECORD_UPDATED_ON  TEXT,
    RECORD_UPDATED_BY  TEXT,
    RECORD_SYNC_FROM   TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1     TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT
);
CREATE INDEX t_complaint_action_changed ON t_complaint_action (COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON), ACTION_SRNO);
CREATE INDEX t_complaint_action_complaint ON t_complaint_action (COMPLAINT_SRNO);

CREATE TABLE t_complaint_feedback (
    FEEDBACK_SRNO      INTEGER PRIMARY KEY,
    LANG_CD            INTEGER NOT NULL,
    COMPLAINT_SRNO     INTEGER NOT NULL REFERENCES t_complaint,
    FEEDBACK_KEY       TEXT,                       -- its key in the system that it came from
    FEEDBACK_DT        TEXT NOT NULL,
    SATISFIED_CD       TEXT,                       -- Y N U
    RATING             INTEGER,
    LEVEL_CD           TEXT,
    MODE_CD            TEXT,
    FEEDBACK_DESC      TEXT,
    RECORD_STATUS      TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  TEXT NOT NULL,
    RECORD_CREATED_BY  TEXT NOT NULL,
    RECORD_UPDATED_ON  TEXT,
    RECORD_UPDATED_BY  TEXT,
    RECORD_SYNC_FROM   TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1     TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT
);
CREATE INDEX t_complaint_feedback_complaint ON t_complaint_feedback (COMPLAINT_SRNO);

CREATE TABLE t_complaint_file (
    FILE_SRNO          INTEGER PRIMARY KEY,
    LANG_CD            INTEGER NOT NULL,
    COMPLAINT_SRNO     INTEGER NOT NULL REFERENCES t_complaint,
    UPLOADED_FILE      BLOB,
    FILE_NAME          TEXT NOT NULL,
    FILE_PATH          TEXT,
    FILE_DESC          TEXT,
    FILE_SIZE          INTEGER,
    FILE_TYPE_CD       INTEGER,
    FILE_TYPE          TEXT,                       -- MIME type
    FILE_ROLE          TEXT,                       -- COMPLAINT EVIDENCE ATR ORDER REPLY SITE_PHOTO NOTE
    FILE_BELONGS_TO    TEXT,
    STATUS_FLAG        TEXT,
    ORIGIN_SYSTEM      TEXT,                       -- as in t_complaint_action
    ORIGIN_KEY         TEXT,
    RECORD_STATUS      TEXT NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  TEXT NOT NULL,
    RECORD_CREATED_BY  TEXT NOT NULL,
    RECORD_UPDATED_ON  TEXT,
    RECORD_UPDATED_BY  TEXT,
    RECORD_SYNC_FROM   TEXT, RECORD_SYNC_TO TEXT, RECORD_SYNC_ON TEXT, RECORD_UPDATED_FROM TEXT,
    DUMMY_COLUMN_1     TEXT, DUMMY_COLUMN_2 TEXT, ORIGINAL_RECORD INTEGER, IS_FIRST_SYNC_DONE TEXT
);
CREATE INDEX t_complaint_file_changed ON t_complaint_file (COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON), FILE_SRNO);
CREATE INDEX t_complaint_file_complaint ON t_complaint_file (COMPLAINT_SRNO);

-- The interface table: written in the same transaction as what it stands for, so that a delivery has its effect once.
CREATE TABLE bridge_applied (
    delivery_id TEXT PRIMARY KEY,
    receipt     TEXT,
    applied_on  TEXT NOT NULL
);
