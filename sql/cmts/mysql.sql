-- CMTS of Delhi Police, the program before ICMS, MySQL and MariaDB dialect.
--
-- Its tables are not published: these are of its kind. One table, fed by hand at headquarters and in the districts, no citizen's
-- data, dates as text, Hindi in the font Kruti Dev. Only read.

CREATE TABLE cmts_register (
    SL_NO       BIGINT AUTO_INCREMENT PRIMARY KEY,
    DIARY_NO    VARCHAR(40) NOT NULL,
    DIARY_DT    VARCHAR(10) NOT NULL,     -- dd.mm.yyyy
    RECD_FROM   VARCHAR(60),              -- LG, LG-LP, MHA, GNCTD, PGC, PCA, VIP; NULL = lodged at the office
    SUBJECT     VARCHAR(250),
    GIST        LONGTEXT,                 -- Kruti Dev, or English
    DISTT       VARCHAR(60) NOT NULL,     -- name of the unit
    MARKED_DT   VARCHAR(10),
    DUE_DT      VARCHAR(10),
    STATUS      VARCHAR(20) NOT NULL,     -- PENDING, DISPOSED, FILED, TRANSFERRED
    DISP_DT     VARCHAR(10),
    FED_ON      VARCHAR(19) NOT NULL      -- dd.mm.yyyy HH:MM:SS of the last feeding of this row
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
