-- CMTS of Delhi Police, the program before ICMS, SQLite dialect (rehearsal and tests).
--
-- Its tables are not published: these are of its kind. One table, fed by hand at headquarters and in the districts, no citizen's
-- data, dates as text, Hindi in the font Kruti Dev. Only read.

CREATE TABLE cmts_register (
    SL_NO       INTEGER PRIMARY KEY,
    DIARY_NO    TEXT NOT NULL,
    DIARY_DT    TEXT NOT NULL,     -- dd.mm.yyyy
    RECD_FROM   TEXT,              -- LG, LG-LP, MHA, GNCTD, PGC, PCA, VIP; NULL = lodged at the office
    SUBJECT     TEXT,
    GIST        TEXT,                 -- Kruti Dev, or English
    DISTT       TEXT NOT NULL,     -- name of the unit
    MARKED_DT   TEXT,
    DUE_DT      TEXT,
    STATUS      TEXT NOT NULL,     -- PENDING, DISPOSED, FILED, TRANSFERRED
    DISP_DT     TEXT,
    FED_ON      TEXT NOT NULL      -- dd.mm.yyyy HH:MM:SS of the last feeding of this row
);
