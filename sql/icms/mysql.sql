-- ICMS of Delhi Police, MySQL and MariaDB dialect.
--
-- Its tables are not published: these hold what is known of it (any unit CP to station, paper complaints digitised there, files of
-- every type, officer's name, rank and mobile, rating and feedback by level, suggestions). A site with others writes another map.
-- A row is read by (CHANGED_ON, key): whoever changes it sets CHANGED_ON; one with REMOVED = 1 is gone. Times are Asia/Kolkata
-- without a zone.

-- Officers, with what a complainant is told of them.
CREATE TABLE icms_officer (
    OFFICER_ID    BIGINT AUTO_INCREMENT PRIMARY KEY,
    UNIT_CD       INT NOT NULL,              -- unit or station, by its CCTNS code
    OFFICER_NAME  VARCHAR(120) NOT NULL,
    OFFICER_RANK  VARCHAR(40) NOT NULL,
    MOBILE        VARCHAR(10)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Any unit from the Commissioner's office to a station takes complaints; COMPLAINT_NO is unit/year/serial of the unit and year.
CREATE TABLE icms_complaint (
    COMPLAINT_ID  BIGINT AUTO_INCREMENT PRIMARY KEY,
    COMPLAINT_NO  VARCHAR(40) NOT NULL UNIQUE,
    REG_UNIT_CD   INT NOT NULL,              -- unit that registered it
    REG_YEAR      INT NOT NULL,
    SERIAL_NO     INT NOT NULL,
    REG_ON        DATETIME NOT NULL,
    KIND          VARCHAR(10),               -- C complaint S suggestion R request T tip
    MODE          VARCHAR(10),               -- BY HAND, BY POST, EMAIL, ONLINE, PHONE, APP, QR, PORTAL
    ORIGIN_SYSTEM VARCHAR(20),               -- NULL = lodged at a unit
    ORIGIN_NO     VARCHAR(40),
    CASE_NO       VARCHAR(60),               -- a second number there
    DAK_NO        VARCHAR(40),               -- of the letter book
    REF_TYPE      VARCHAR(10),
    REF_CLASS     VARCHAR(2),                -- of CVC: IR NA
    ADDRESSED_BY  VARCHAR(200),
    CATEGORY      VARCHAR(40),               -- WOMEN and CYBER are counted by area
    PRIORITY      INT,
    SUBJECT       VARCHAR(250),
    DETAILS       LONGTEXT,
    AGAINST_WHOM  VARCHAR(400),
    INCIDENT_ON   DATE,
    IDENTITY      VARCHAR(1),                -- N named C confidential S sealed A anonymous O office
    APPLICANT     VARCHAR(350),
    RELATIVE_NAME VARCHAR(250),
    GENDER        VARCHAR(1),                -- M F T U
    AGE           INT,
    MOBILE        VARCHAR(10),
    EMAIL         VARCHAR(100),
    ADDRESS       VARCHAR(500),
    PINCODE       VARCHAR(6),
    UNIT_CD       INT NOT NULL,              -- unit that it is marked to
    STATION_CD    INT,
    LEVEL_CD      VARCHAR(10),               -- rank at which it stands
    RECEIVED_ON   DATETIME,                  -- by the first office
    MARKED_ON     DATETIME,
    DIRECTION_ON  DATETIME,
    DUE_ON        DATETIME,
    EXPECTED_ON   DATETIME,                  -- day that an interim reply promises
    STATUS        VARCHAR(4) NOT NULL,       -- RG registered FW forwarded AS officer named EN enquiry IN information sought
                                             -- IR interim reply RS report RB report returned DS disposed
                                             -- CL closed RO reopened TR transferred NE not entertained
                                             -- DP duplicate WD withdrawn
    OFFICER_ID    INT,                       -- enquiry officer of now; former ones are in icms_action
    DISPOSAL      VARCHAR(10),
    REASON        VARCHAR(20),               -- why it was not entertained
    DISPOSED_ON   DATETIME,
    FIR_NO        VARCHAR(40),
    FIR_ON        DATETIME,
    GD_NO         VARCHAR(20),
    GD_ON         DATETIME,
    REMOVED       INT NOT NULL DEFAULT 0,
    CREATED_ON    DATETIME NOT NULL,
    CREATED_BY    VARCHAR(50) NOT NULL,
    CHANGED_ON    DATETIME NOT NULL,
    UNIQUE (ORIGIN_SYSTEM, ORIGIN_NO)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was done: each naming of an officer is a row. ORIGIN_SYSTEM: of a reminder, the system that it came from.
CREATE TABLE icms_action (
    ACTION_ID     BIGINT AUTO_INCREMENT PRIMARY KEY,
    COMPLAINT_ID  BIGINT NOT NULL,
    ACTION        VARCHAR(4) NOT NULL,       -- as STATUS; RM reminder
    ACTED_ON      DATETIME NOT NULL,
    REMARKS       LONGTEXT,                  -- of a report or a disposal its whole text
    OFFICER_ID    INT,
    OFFICE        VARCHAR(200),
    TO_UNIT_CD    INT,                       -- of a transfer: unit that receives it
    TO_NO         VARCHAR(40),               -- and its number there
    DISPOSAL      VARCHAR(10),
    REASON        VARCHAR(20),
    EXPECTED_ON   DATETIME,
    ORIGIN_SYSTEM VARCHAR(20),
    ORIGIN_KEY    VARCHAR(80),
    REMOVED       INT NOT NULL DEFAULT 0,
    CREATED_BY    VARCHAR(50) NOT NULL,
    CHANGED_ON    DATETIME NOT NULL,
    FOREIGN KEY (COMPLAINT_ID) REFERENCES icms_complaint (COMPLAINT_ID)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Text, scan, photo, video: files of every type.
CREATE TABLE icms_file (
    FILE_ID       BIGINT AUTO_INCREMENT PRIMARY KEY,
    COMPLAINT_ID  BIGINT NOT NULL,
    FILE_DATA     LONGBLOB,
    FILE_NAME     VARCHAR(255) NOT NULL,
    MIME_TYPE     VARCHAR(100),
    FILE_SIZE     BIGINT,
    FILE_ROLE     VARCHAR(20) NOT NULL,
    ORIGIN_SYSTEM VARCHAR(20),
    ORIGIN_KEY    VARCHAR(80),
    REMOVED       INT NOT NULL DEFAULT 0,
    CREATED_BY    VARCHAR(50) NOT NULL,
    CHANGED_ON    DATETIME NOT NULL,
    FOREIGN KEY (COMPLAINT_ID) REFERENCES icms_complaint (COMPLAINT_ID)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What complainants say of the answer, to the officer of a level: SHO to CP.
CREATE TABLE icms_feedback (
    FEEDBACK_ID   BIGINT AUTO_INCREMENT PRIMARY KEY,
    COMPLAINT_ID  BIGINT NOT NULL,
    GIVEN_ON      DATETIME NOT NULL,
    LEVEL_CD      VARCHAR(10),
    SATISFIED     VARCHAR(1),                -- Y N U
    RATING        INT,                       -- 1 to 5
    RATING_TEXT   VARCHAR(40),
    MODE          VARCHAR(10),
    WORDS         VARCHAR(4000),
    ORIGIN_SYSTEM VARCHAR(20),
    ORIGIN_KEY    VARCHAR(80),
    REMOVED       INT NOT NULL DEFAULT 0,
    CREATED_BY    VARCHAR(50) NOT NULL,
    CHANGED_ON    DATETIME NOT NULL,
    FOREIGN KEY (COMPLAINT_ID) REFERENCES icms_complaint (COMPLAINT_ID)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
    delivery_id VARCHAR(36) PRIMARY KEY,
    receipt     VARCHAR(80),
    applied_on  DATETIME NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
