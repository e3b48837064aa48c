-- CCTNS as the bridge expects it, SQL Server dialect (2016 or later).
--
-- The same tables as sqlite.sql, where their conventions are told. Text is Unicode; times are datetime2, whose
-- text form is read alike in every language of the session. CHANGED_ON stands for COALESCE(RECORD_UPDATED_ON,
-- RECORD_CREATED_ON), so that it can be indexed.

CREATE TABLE m_district (
    DISTRICT_CD       int NOT NULL,
    LANG_CD           int NOT NULL,
    STATE_CD          int NOT NULL,
    RANGE_CD          int,
    DISTRICT          nvarchar(100) NOT NULL,
    RECORD_STATUS     nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON datetime2(0) NOT NULL,
    RECORD_CREATED_BY nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON datetime2(0),
    RECORD_UPDATED_BY nvarchar(50),
    RECORD_SYNC_FROM  nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1    nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1),
    PRIMARY KEY (DISTRICT_CD, LANG_CD)
);

CREATE TABLE m_police_station (
    PS_CD             int NOT NULL,
    LANG_CD           int NOT NULL,
    STATE_CD          int NOT NULL,
    DISTRICT_CD       int NOT NULL,
    SUB_DISTRICT_CD   int,
    PS                nvarchar(100) NOT NULL,
    CIRCLE_CD         int,
    RECORD_STATUS     nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON datetime2(0) NOT NULL,
    RECORD_CREATED_BY nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON datetime2(0),
    RECORD_UPDATED_BY nvarchar(50),
    RECORD_SYNC_FROM  nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1    nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1),
    PRIMARY KEY (PS_CD, LANG_CD)
);

CREATE TABLE m_officer (
    OFFICER_CD        int NOT NULL,
    LANG_CD           int NOT NULL,
    PS_CD             int,
    OFFICER_NAME      nvarchar(120) NOT NULL,
    OFFICER_RANK      nvarchar(40) NOT NULL,
    BELT_NO           nvarchar(20),
    MOBILE_1          bigint,
    RECORD_STATUS     nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON datetime2(0) NOT NULL,
    RECORD_CREATED_BY nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON datetime2(0),
    RECORD_UPDATED_BY nvarchar(50),
    RECORD_SYNC_FROM  nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1    nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1),
    PRIMARY KEY (OFFICER_CD, LANG_CD)
);

CREATE TABLE t_complaint (
    COMPLAINT_SRNO     bigint IDENTITY(1,1) PRIMARY KEY,
    LANG_CD            int NOT NULL,
    COMPLAINT_REG_NUM  nvarchar(40) NOT NULL UNIQUE, -- DISTRICT_CD(5) year(2) serial(7)
    STATE_CD           int NOT NULL,
    DISTRICT_CD        int NOT NULL,
    PS_CD              int,
    UNIT_CD            int,                        -- district, station or range that it is marked to; NULL = district
    REG_YEAR           int NOT NULL,
    REG_DT             datetime2(0) NOT NULL,
    ORIGIN_SYSTEM      nvarchar(20),               -- 'igrs' ...; NULL = lodged at a police unit
    ORIGIN_NO          nvarchar(40),
    CASE_NO            nvarchar(60),               -- a second number there
    REF_TYPE_CD        nvarchar(10),
    KIND_CD            nvarchar(10),               -- COMPLAINT SUGGESTION TIP REQUEST
    MODE_CD            nvarchar(10),               -- HAND POST MAIL WEB APP QR PHONE PORTAL
    IDENTITY_CD        nvarchar(1),                -- N named C confidential S sealed A anonymous O office
    CATEGORY_CD        nvarchar(10),
    PRIORITY_CD        int,
    SUBJECT            nvarchar(250),
    COMPLAINT_DESC     nvarchar(max),
    AGAINST_DESC       nvarchar(400),
    INCIDENT_DT        date,
    FULL_NAME          nvarchar(350),
    RELATIVE_NAME      nvarchar(250),
    GENDER_CD          int,                        -- 1 male 2 female 3 third 9 unknown
    AGE                int,
    MOBILE_1           bigint,                     -- ten digits, as CAS keeps it
    EMAIL              nvarchar(100),
    ADDRESS            nvarchar(500),
    PINCODE            nvarchar(6),
    RECEIVED_DT        datetime2(0),
    MARKED_DT          datetime2(0),
    DUE_DT             datetime2(0),
    EXPECTED_DT        datetime2(0),               -- day that an interim reply promises
    STATUS_CD          int NOT NULL,               -- 1 registered 2 forwarded 3 officer named 4 enquiry 5 report
                                                   -- with SHO 6 returned 7 disposed 8 closed 9 reopened 10 transferred
                                                   -- 11 interim reply 12 information sought 13 not
                                                   -- entertained 14 duplicate 15 withdrawn
    OFFICER_CD         int,                        -- enquiry officer
    LEVEL_CD           nvarchar(10),               -- rank at which it stands
    DISPOSAL_CD        nvarchar(10),
    REASON_CD          nvarchar(20),               -- why it was not entertained
    DISPOSED_DT        datetime2(0),
    FIR_REG_NUM        bigint,                     -- the FIR that it led to
    FIR_DT             datetime2(0),
    GD_NUM             nvarchar(20),               -- entry in the general diary
    GD_DT              datetime2(0),
    RECORD_STATUS      nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  datetime2(0) NOT NULL,
    RECORD_CREATED_BY  nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON  datetime2(0),
    RECORD_UPDATED_BY  nvarchar(50),
    CHANGED_ON         AS COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON) PERSISTED,
    RECORD_SYNC_FROM   nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1     nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1)
);
-- NULLs would meet in a unique constraint here: complaints lodged at a police unit have no origin.
CREATE UNIQUE INDEX t_complaint_origin ON t_complaint (ORIGIN_SYSTEM, ORIGIN_NO) WHERE ORIGIN_NO IS NOT NULL;
CREATE INDEX t_complaint_changed ON t_complaint (CHANGED_ON, COMPLAINT_REG_NUM);

CREATE TABLE t_complaint_action (
    ACTION_SRNO        bigint IDENTITY(1,1) PRIMARY KEY,
    LANG_CD            int NOT NULL,
    COMPLAINT_SRNO     bigint NOT NULL REFERENCES t_complaint,
    ACTION_CD          int NOT NULL,               -- as STATUS_CD; 20 reminder
    ACTION_DT          datetime2(0) NOT NULL,
    ACTION_DESC        nvarchar(max),              -- remarks; for a report or a disposal its whole text
    OFFICER_CD         int,
    OFFICE             nvarchar(200),
    TO_UNIT_CD         int,                        -- of a transfer: unit that receives it, as UNIT_CD
    TO_NUM             nvarchar(40),               -- and its number there
    DISPOSAL_CD        nvarchar(10),
    REASON_CD          nvarchar(20),
    EXPECTED_DT        datetime2(0),
    ORIGIN_SYSTEM      nvarchar(20),               -- of a reminder: the system that it came from; NULL = done here
    ORIGIN_KEY         nvarchar(80),               -- and its key there
    RECORD_STATUS      nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  datetime2(0) NOT NULL,
    RECORD_CREATED_BY  nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON  datetime2(0),
    RECORD_UPDATED_BY  nvarchar(50),
    CHANGED_ON         AS COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON) PERSISTED,
    RECORD_SYNC_FROM   nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1     nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1)
);
CREATE INDEX t_complaint_action_changed ON t_complaint_action (CHANGED_ON, ACTION_SRNO);
CREATE INDEX t_complaint_action_complaint ON t_complaint_action (COMPLAINT_SRNO);

CREATE TABLE t_complaint_feedback (
    FEEDBACK_SRNO      bigint IDENTITY(1,1) PRIMARY KEY,
    LANG_CD            int NOT NULL,
    COMPLAINT_SRNO     bigint NOT NULL REFERENCES t_complaint,
    FEEDBACK_KEY       nvarchar(80),               -- its key in the system that it came from
    FEEDBACK_DT        datetime2(0) NOT NULL,
    SATISFIED_CD       nvarchar(1),                -- Y N U
    RATING             int,
    LEVEL_CD           nvarchar(10),
    MODE_CD            nvarchar(10),
    FEEDBACK_DESC      nvarchar(4000),
    RECORD_STATUS      nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  datetime2(0) NOT NULL,
    RECORD_CREATED_BY  nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON  datetime2(0),
    RECORD_UPDATED_BY  nvarchar(50),
    RECORD_SYNC_FROM   nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1     nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1)
);
CREATE INDEX t_complaint_feedback_complaint ON t_complaint_feedback (COMPLAINT_SRNO);

CREATE TABLE t_complaint_file (
    FILE_SRNO          bigint IDENTITY(1,1) PRIMARY KEY,
    LANG_CD            int NOT NULL,
    COMPLAINT_SRNO     bigint NOT NULL REFERENCES t_complaint,
    UPLOADED_FILE      varbinary(max),
    FILE_NAME          nvarchar(100) NOT NULL,
    FILE_PATH          nvarchar(200),
    FILE_DESC          nvarchar(100),
    FILE_SIZE          int,
    FILE_TYPE_CD       int,
    FILE_TYPE          nvarchar(100),              -- MIME type
    FILE_ROLE          nvarchar(20),               -- COMPLAINT EVIDENCE ATR ORDER REPLY SITE_PHOTO NOTE
    FILE_BELONGS_TO    nvarchar(50),
    STATUS_FLAG        nvarchar(1),
    ORIGIN_SYSTEM      nvarchar(20),               -- as in t_complaint_action
    ORIGIN_KEY         nvarchar(80),
    RECORD_STATUS      nvarchar(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  datetime2(0) NOT NULL,
    RECORD_CREATED_BY  nvarchar(50) NOT NULL,
    RECORD_UPDATED_ON  datetime2(0),
    RECORD_UPDATED_BY  nvarchar(50),
    CHANGED_ON         AS COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON) PERSISTED,
    RECORD_SYNC_FROM   nvarchar(10), RECORD_SYNC_TO nvarchar(10), RECORD_SYNC_ON datetime2(0),
    RECORD_UPDATED_FROM nvarchar(1),
    DUMMY_COLUMN_1     nvarchar(30), DUMMY_COLUMN_2 nvarchar(50), ORIGINAL_RECORD int, IS_FIRST_SYNC_DONE nvarchar(1)
);
CREATE INDEX t_complaint_file_changed ON t_complaint_file (CHANGED_ON, FILE_SRNO);
CREATE INDEX t_complaint_file_complaint ON t_complaint_file (COMPLAINT_SRNO);

-- The interface table: written in the same transaction as what it stands for, so that a delivery has its effect once.
CREATE TABLE bridge_applied (
    delivery_id nvarchar(36) PRIMARY KEY,
    receipt     nvarchar(80),
    applied_on  datetime2(0) NOT NULL
);
