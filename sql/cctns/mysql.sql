-- CCTNS as the bridge expects it, MySQL and MariaDB dialect.
--
-- The same tables as sqlite.sql, where their conventions are told. Text is utf8mb4, compared byte by byte: a number is
-- a number, whatever its case. CHANGED_ON stands for COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON), which cannot be
-- indexed as an expression by every server of this family.

CREATE TABLE m_district (
    DISTRICT_CD       INT NOT NULL,
    LANG_CD           INT NOT NULL,
    STATE_CD          INT NOT NULL,
    RANGE_CD          INT,
    DISTRICT          VARCHAR(100) NOT NULL,
    RECORD_STATUS     VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON DATETIME NOT NULL,
    RECORD_CREATED_BY VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON DATETIME,
    RECORD_UPDATED_BY VARCHAR(50),
    RECORD_SYNC_FROM  VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1    VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    PRIMARY KEY (DISTRICT_CD, LANG_CD)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE m_police_station (
    PS_CD             INT NOT NULL,
    LANG_CD           INT NOT NULL,
    STATE_CD          INT NOT NULL,
    DISTRICT_CD       INT NOT NULL,
    SUB_DISTRICT_CD   INT,
    PS                VARCHAR(100) NOT NULL,
    CIRCLE_CD         INT,
    RECORD_STATUS     VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON DATETIME NOT NULL,
    RECORD_CREATED_BY VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON DATETIME,
    RECORD_UPDATED_BY VARCHAR(50),
    RECORD_SYNC_FROM  VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1    VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    PRIMARY KEY (PS_CD, LANG_CD)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE m_officer (
    OFFICER_CD        INT NOT NULL,
    LANG_CD           INT NOT NULL,
    PS_CD             INT,
    OFFICER_NAME      VARCHAR(120) NOT NULL,
    OFFICER_RANK      VARCHAR(40) NOT NULL,
    BELT_NO           VARCHAR(20),
    MOBILE_1          BIGINT,
    RECORD_STATUS     VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON DATETIME NOT NULL,
    RECORD_CREATED_BY VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON DATETIME,
    RECORD_UPDATED_BY VARCHAR(50),
    RECORD_SYNC_FROM  VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1    VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    PRIMARY KEY (OFFICER_CD, LANG_CD)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE t_complaint (
    COMPLAINT_SRNO     BIGINT AUTO_INCREMENT PRIMARY KEY,
    LANG_CD            INT NOT NULL,
    COMPLAINT_REG_NUM  VARCHAR(40) NOT NULL UNIQUE, -- DISTRICT_CD(5) year(2) serial(7)
    STATE_CD           INT NOT NULL,
    DISTRICT_CD        INT NOT NULL,
    PS_CD              INT,
    UNIT_CD            INT,                        -- district, station or range that it is marked to; NULL = district
    REG_YEAR           INT NOT NULL,
    REG_DT             DATETIME NOT NULL,
    ORIGIN_SYSTEM      VARCHAR(20),                -- 'igrs' ...; NULL = lodged at a police unit
    ORIGIN_NO          VARCHAR(40),
    CASE_NO            VARCHAR(60),                -- a second number there
    REF_TYPE_CD        VARCHAR(10),
    KIND_CD            VARCHAR(10),                -- COMPLAINT SUGGESTION TIP REQUEST
    MODE_CD            VARCHAR(10),                -- HAND POST MAIL WEB APP QR PHONE PORTAL
    IDENTITY_CD        VARCHAR(1),                 -- N named C confidential S sealed A anonymous O office
    CATEGORY_CD        VARCHAR(10),
    PRIORITY_CD        INT,
    SUBJECT            VARCHAR(250),
    COMPLAINT_DESC     LONGTEXT,
    AGAINST_DESC       VARCHAR(400),
    INCIDENT_DT        DATE,
    FULL_NAME          VARCHAR(350),
    RELATIVE_NAME      VARCHAR(250),
    GENDER_CD          INT,                        -- 1 male 2 female 3 third 9 unknown
    AGE                INT,
    MOBILE_1           BIGINT,                     -- ten digits, as CAS keeps it
    EMAIL              VARCHAR(100),
    ADDRESS            VARCHAR(500),
    PINCODE            VARCHAR(6),
    RECEIVED_DT        DATETIME,
    MARKED_DT          DATETIME,
    DUE_DT             DATETIME,
    EXPECTED_DT        DATETIME,                   -- day that an interim reply promises
    STATUS_CD          INT NOT NULL,               -- 1 registered 2 forwarded 3 officer named 4 enquiry 5 report
                                                   -- with SHO 6 returned 7 disposed 8 closed 9 reopened 10 transferred
                                                   -- 11 interim reply 12 information sought 13 not
                                                   -- entertained 14 duplicate 15 withdrawn
    OFFICER_CD         INT,                        -- enquiry officer
    LEVEL_CD           VARCHAR(10),                -- rank at which it stands
    DISPOSAL_CD        VARCHAR(10),
    REASON_CD          VARCHAR(20),                -- why it was not entertained
    DISPOSED_DT        DATETIME,
    FIR_REG_NUM        BIGINT,                     -- the FIR that it led to
    FIR_DT             DATETIME,
    GD_NUM             VARCHAR(20),                -- entry in the general diary
    GD_DT              DATETIME,
    RECORD_STATUS      VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  DATETIME NOT NULL,
    RECORD_CREATED_BY  VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON  DATETIME,
    RECORD_UPDATED_BY  VARCHAR(50),
    CHANGED_ON         DATETIME GENERATED ALWAYS AS (COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON)) STORED,
    RECORD_SYNC_FROM   VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1     VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    UNIQUE (ORIGIN_SYSTEM, ORIGIN_NO)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX t_complaint_changed ON t_complaint (CHANGED_ON, COMPLAINT_REG_NUM);

CREATE TABLE t_complaint_action (
    ACTION_SRNO        BIGINT AUTO_INCREMENT PRIMARY KEY,
    LANG_CD            INT NOT NULL,
    COMPLAINT_SRNO     BIGINT NOT NULL,
    ACTION_CD          INT NOT NULL,               -- as STATUS_CD; 20 reminder
    ACTION_DT          DATETIME NOT NULL,
    ACTION_DESC        LONGTEXT,                   -- remarks; for a report or a disposal its whole text
    OFFICER_CD         INT,
    OFFICE             VARCHAR(200),
    TO_UNIT_CD         INT,                        -- of a transfer: unit that receives it, as UNIT_CD
    TO_NUM             VARCHAR(40),                -- and its number there
    DISPOSAL_CD        VARCHAR(10),
    REASON_CD          VARCHAR(20),
    EXPECTED_DT        DATETIME,
    ORIGIN_SYSTEM      VARCHAR(20),                -- of a reminder: the system that it came from; NULL = done here
    ORIGIN_KEY         VARCHAR(80),                -- and its key there
    RECORD_STATUS      VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  DATETIME NOT NULL,
    RECORD_CREATED_BY  VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON  DATETIME,
    RECORD_UPDATED_BY  VARCHAR(50),
    CHANGED_ON         DATETIME GENERATED ALWAYS AS (COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON)) STORED,
    RECORD_SYNC_FROM   VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1     VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    FOREIGN KEY (COMPLAINT_SRNO) REFERENCES t_complaint (COMPLAINT_SRNO)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX t_complaint_action_changed ON t_complaint_action (CHANGED_ON, ACTION_SRNO);
CREATE INDEX t_complaint_action_complaint ON t_complaint_action (COMPLAINT_SRNO);

CREATE TABLE t_complaint_feedback (
    FEEDBACK_SRNO      BIGINT AUTO_INCREMENT PRIMARY KEY,
    LANG_CD            INT NOT NULL,
    COMPLAINT_SRNO     BIGINT NOT NULL,
    FEEDBACK_KEY       VARCHAR(80),                -- its key in the system that it came from
    FEEDBACK_DT        DATETIME NOT NULL,
    SATISFIED_CD       VARCHAR(1),                 -- Y N U
    RATING             INT,
    LEVEL_CD           VARCHAR(10),
    MODE_CD            VARCHAR(10),
    FEEDBACK_DESC      VARCHAR(4000),
    RECORD_STATUS      VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  DATETIME NOT NULL,
    RECORD_CREATED_BY  VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON  DATETIME,
    RECORD_UPDATED_BY  VARCHAR(50),
    RECORD_SYNC_FROM   VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1     VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    FOREIGN KEY (COMPLAINT_SRNO) REFERENCES t_complaint (COMPLAINT_SRNO)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX t_complaint_feedback_complaint ON t_complaint_feedback (COMPLAINT_SRNO);

CREATE TABLE t_complaint_file (
    FILE_SRNO          BIGINT AUTO_INCREMENT PRIMARY KEY,
    LANG_CD            INT NOT NULL,
    COMPLAINT_SRNO     BIGINT NOT NULL,
    UPLOADED_FILE      LONGBLOB,
    FILE_NAME          VARCHAR(100) NOT NULL,
    FILE_PATH          VARCHAR(200),
    FILE_DESC          VARCHAR(100),
    FILE_SIZE          INT,
    FILE_TYPE_CD       INT,
    FILE_TYPE          VARCHAR(100),               -- MIME type
    FILE_ROLE          VARCHAR(20),                -- COMPLAINT EVIDENCE ATR ORDER REPLY SITE_PHOTO NOTE
    FILE_BELONGS_TO    VARCHAR(50),
    STATUS_FLAG        VARCHAR(1),
    ORIGIN_SYSTEM      VARCHAR(20),                -- as in t_complaint_action
    ORIGIN_KEY         VARCHAR(80),
    RECORD_STATUS      VARCHAR(1) NOT NULL DEFAULT 'C',
    RECORD_CREATED_ON  DATETIME NOT NULL,
    RECORD_CREATED_BY  VARCHAR(50) NOT NULL,
    RECORD_UPDATED_ON  DATETIME,
    RECORD_UPDATED_BY  VARCHAR(50),
    CHANGED_ON         DATETIME GENERATED ALWAYS AS (COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON)) STORED,
    RECORD_SYNC_FROM   VARCHAR(10), RECORD_SYNC_TO VARCHAR(10), RECORD_SYNC_ON DATETIME,
    RECORD_UPDATED_FROM VARCHAR(1),
    DUMMY_COLUMN_1     VARCHAR(30), DUMMY_COLUMN_2 VARCHAR(50), ORIGINAL_RECORD INT, IS_FIRST_SYNC_DONE VARCHAR(1),
    FOREIGN KEY (COMPLAINT_SRNO) REFERENCES t_complaint (COMPLAINT_SRNO)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX t_complaint_file_changed ON t_complaint_file (CHANGED_ON, FILE_SRNO);
CREATE INDEX t_complaint_file_complaint ON t_complaint_file (COMPLAINT_SRNO);

-- The interface table: written in the same transaction as what it stands for, so that a delivery has its effect once.
CREATE TABLE bridge_applied (
    delivery_id VARCHAR(36) PRIMARY KEY,
    receipt     VARCHAR(80),
    applied_on  DATETIME NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
