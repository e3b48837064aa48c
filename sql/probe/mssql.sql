-- What odbc_probe() asks of a driver for SQL Server. A temporary table that is rolled back: nothing is left behind.

-- name: make
CREATE TABLE #bridge_probe (id int PRIMARY KEY, txt nvarchar(max), num bigint, at datetime2(6), bin varbinary(max));

-- name: put
INSERT INTO #bridge_probe (id, txt, num, at) VALUES (:id, :txt, :num, :at);

-- name: get
SELECT TOP (:rows) id AS ID, txt AS TXT, num AS NUM, at AS AT FROM #bridge_probe WHERE id >= :id ORDER BY id;

-- name: length
SELECT DATALENGTH(txt) AS BYTES FROM #bridge_probe WHERE id = :id;

-- name: putbytes
UPDATE #bridge_probe SET bin = CAST(:bin AS varbinary(max)) WHERE id = :id;

-- name: getbytes
SELECT bin AS BIN FROM #bridge_probe WHERE id = :id;

-- name: change
UPDATE #bridge_probe SET num = num + 1 WHERE id <= :id;

-- name: twice
INSERT INTO #bridge_probe (id) VALUES (:id);

-- name: drop
DROP TABLE #bridge_probe;
