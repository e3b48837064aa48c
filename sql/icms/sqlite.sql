-- ICMS of Delhi Police, SQLite dialect (rehearsal and tests).
--
-- Its tables are not published: these hold what is known of it (any unit CP to station, paper complaints digitised there, files of
-- every type, officer's name, rank and mobile, rating and feedback by level, suggestions). A site with others writes another map.
-- A row is read by (CHANGED_ON, key): whoever changes it sets CHANGED_ON; one with REMOVED = 1 is gone. Times are Asia/Kolkata
-- without a zone, as 'YYYY-MM-DD HH:MM:SS'.

-- Officers, with what a complainant is told of them.
CREATE TABLE icms_officer (
    OFFICER_ID    INTEGER PRIMARY KEY,
    UNIT_CD       INTEGER NOT NULL,          -- unit or station, by its CCTNS code
    OFFICER_NAME  TEXT NOT NULL,
    OFFICER_RANK  TEXT NOT NULL,
    MOBILE        TEXT
);

-- Any unit from the Commissioner's office to a station takes complaints; COMPLAINT_NO is unit/year/serial of the unit and year.
CREATE TABLE icms_complaint (
    COMPLAINT_ID  INTEGER PRIMARY KEY,
    COMPLAINT_NO  TEXT NOT NULL UNIQUE,
    REG_UNIT_CD   INTEGER NOT NULL,          -- unit that registered it
    REG_YEAR      INTEGER NOT NULL,
    SERIAL_NO     INTEGER NOT NULL,
    REG_ON        TEXT NOT NULL,
    KIND          TEXT,                      -- C complaint S suggestion R request T tip
    MODE          TEXT,                      -- BY HAND, BY POST, EMAIL, ONLINE, PHONE, APP, QR, PORTAL
    ORIGIN_SYSTEM TEXT,                      -- NULL = lodged at a unit
    ORIGIN_NO     TEXT,
    CASE_NO       TEXT,                      -- a second number there
    DAK_NO        TEXT,                      -- of the letter book
    REF_TYPE      TEXT,
    REF_CLASS     TEXT,                      -- of CVC: IR NA
    ADDRESSED_BY  TEXT,
    CATEGORY      TEXT,                      -- WOMEN and CYBER are counted by area
    PRIORITY      INTEGER,
    SUBJECT       TEXT,
    DETAILS       TEXT,
    AGAINST_WHOM  TEXT,
    INCIDENT_ON   TEXT,
    IDENTITY      TEXT,                      -- N named C confidential S sealed A anonymous O office
    APPLICANT     TEXT,
    RELATIVE_NAME TEXT,
    GENDER        TEXT,                      -- M F T U
    AGE           INTEGER,
    MOBILE        TEXT,
    EMAIL         TEXT,
    ADDRESS       TEXT,
    PINCODE       TEXT,
    UNIT_CD       INTEGER NOT NULL,          -- unit that it is marked to
    STATION_CD    INTEGER,
    LEVEL_CD      TEXT,                      -- rank at which it stands
    RECEIVED_ON   TEXT,                      -- by the first office
    MARKED_ON     TEXT,
    DIRECTION_ON  TEXT,
    DUE_ON        TEXT,
    EXPECTED_ON   TEXT,                      -- day that an interim reply promises
    STATUS        TEXT NOT NULL,             -- RG registered FW forwarded AS officer named EN enquiry IN information sought
                                             -- IR interim reply RS report RB report returned DS disposed
                                             -- CL closed RO reopened TR transferred NE not entertained
                                             -- DP duplicate WD withdrawn
    OFFICER_ID    INTEGER,                   -- enquiry officer of now; former ones are in icms_action
    DISPOSAL      TEXT,
    REASON        TEXT,                      -- why it was not entertained
    DISPOSED_ON   TEXT,
    FIR_NO        TEXT,
    FIR_ON        TEXT,
    GD_NO         TEXT,
    GD_ON         TEXT,
    REMOVED       INTEGER NOT NULL DEFAULT 0,
    CREATED_ON    TEXT NOT NULL,
    CREATED_BY    TEXT NOT NULL,
    CHANGED_ON    TEXT NOT NULL,
    UNIQUE (ORIGIN_SYSTEM, ORIGIN_NO)
);

-- What was done: each naming of an officer is a row. ORIGIN_SYSTEM: of a reminder, the system that it came from.
CREATE TABLE icms_action (
    ACTION_ID     INTEGER PRIMARY KEY,
    COMPLAINT_ID  INTEGER NOT NULL REFERENCES icms_complaint,
    ACTION        TEXT NOT NULL,             -- as STATUS; RM reminder
    ACTED_ON      TEXT NOT NULL,
    REMARKS       TEXT,                      -- of a report or a disposal its whole text
    OFFICER_ID    INTEGER,
    OFFICE        TEXT,
    TO_UNIT_CD    INTEGER,                   -- of a transfer: unit that receives it
    TO_NO         TEXT,                      -- and its number there
    DISPOSAL      TEXT,
    REASON        TEXT,
    EXPECTED_ON   TEXT,
    ORIGIN_SYSTEM TEXT,
    ORIGIN_KEY    TEXT,
    REMOVED       INTEGER NOT NULL DEFAULT 0,
    CREATED_BY    TEXT NOT NULL,
    CHANGED_ON    TEXT NOT NULL
);

-- Text, scan, photo, video: files of every type.
CREATE TABLE icms_file (
    FILE_ID       INTEGER PRIMARY KEY,
    COMPLAINT_ID  INTEGER NOT NULL REFERENCES icms_complaint,
    FILE_DATA     BLOB,
    FILE_NAME     TEXT NOT NULL,
    MIME_TYPE     TEXT,
    FILE_SIZE     INTEGER,
    FILE_ROLE     TEXT NOT NULL,
    ORIGIN_SYSTEM TEXT,
    ORIGIN_KEY    TEXT,
    REMOVED       INTEGER NOT NULL DEFAULT 0,
    CREATED_BY    TEXT NOT NULL,
    CHANGED_ON    TEXT NOT NULL
);

-- What complainants say of the answer, to the officer of a level: SHO to CP.
CREATE TABLE icms_feedback (
    FEEDBACK_ID   INTEGER PRIMARY KEY,
    COMPLAINT_ID  INTEGER NOT NULL REFERENCES icms_complaint,
    GIVEN_ON      TEXT NOT NULL,
    LEVEL_CD      TEXT,
    SATISFIED     TEXT,                      -- Y N U
    RATING        INTEGER,                   -- 1 to 5
    RATING_TEXT   TEXT,
    MODE          TEXT,
    WORDS         TEXT,
    ORIGIN_SYSTEM TEXT,
    ORIGIN_KEY    TEXT,
    REMOVED       INTEGER NOT NULL DEFAULT 0,
    CREATED_BY    TEXT NOT NULL,
    CHANGED_ON    TEXT NOT NULL
);

CREATE INDEX icms_complaint_changed ON icms_complaint (CHANGED_ON, COMPLAINT_NO);
CREATE INDEX icms_complaint_serial ON icms_complaint (REG_UNIT_CD, REG_YEAR, SERIAL_NO);
CREATE INDEX icms_action_changed ON icms_action (CHANGED_ON, ACTION_ID);
CREATE INDEX icms_action_complaint ON icms_action (COMPLAINT_ID);
CREATE INDEX icms_file_changed ON icms_file (CHANGED_ON, FILE_ID);
CREATE INDEX icms_file_complaint ON icms_file (COMPLAINT_ID);
CREATE INDEX icms_feedback_changed ON icms_feedback (CHANGED_ON, FEEDBACK_ID);
CREATE INDEX icms_feedback_complaint ON icms_feedback (COMPLAINT_ID);

-- The interface table: written in the same transaction as what it stands for, so that a delivery has its effect once.
CREATE TABLE bridge_applied (
    delivery_id TEXT PRIMARY KEY,
    receipt     TEXT,
    applied_on  TEXT NOT NULL
);
