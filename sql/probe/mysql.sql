-- What odbc_probe() asks of a driver for MySQL and MariaDB. A temporary table that is rolled back: nothing is left behind.

-- name: make
CREATE TEMPORARY TABLE bridge_probe (id INTEGER PRIMARY KEY, txt LONGTEXT, num BIGINT, at DATETIME(6), bin LONGBLOB) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- name: put
INSERT INTO bridge_probe (id, txt, num, at) VALUES (:id, :txt, :num, :at);

-- name: get
SELECT id AS ID, txt AS TXT, num AS NUM, at AS AT FROM bridge_probe WHERE id >= :id ORDER BY id LIMIT :rows;

-- name: length
SELECT OCTET_LENGTH(txt) AS BYTES FROM bridge_probe WHERE id = :id;

-- name: putbytes
UPDATE bridge_probe SET bin = :bin WHERE id = :id;

-- name: getbytes
SELECT bin AS BIN FROM bridge_probe WHERE id = :id;

-- name: change
UPDATE bridge_probe SET num = num + 1 WHERE id <= :id;

-- name: twice
INSERT INTO bridge_probe (id) VALUES (:id);

-- name: drop
DROP TEMPORARY TABLE bridge_probe;
