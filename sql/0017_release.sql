-- A system that lists closed records only for so long ("keeps" of bridge.conf): what it has let go is not vanished.

ALTER TABLE bridge.source_record ADD released_at timestamptz;    -- closed, past that time, and no longer in its list

ALTER TABLE bridge.difference DROP CONSTRAINT difference_reason_check;
ALTER TABLE bridge.difference ADD CONSTRAINT difference_reason_check
    CHECK (reason IN ('in flight', 'held', 'late at source', 'vanished', 'no longer kept', 'duplicate-linked', 'wrong unit',
                      'status lag', 'older version', 'signed off', 'unexplained'));

-- Asked by the nightly login, too.
GRANT EXECUTE ON FUNCTION bridge.is_open(text) TO bridge_writer;
