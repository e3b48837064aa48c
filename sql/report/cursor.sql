-- What every page is made by: the rows of a cursor as XML, and how a session reads for pages.

-- name: cursor_xml (most int)
SELECT cursor_to_xml('bridge_rows', $1, false, true, '') AS xml;

-- Every transaction of this session from now on only reads, and sees one state; a cursor is planned for all its rows.
-- name: page_session ()
SELECT set_config('default_transaction_isolation', 'repeatable read', false),
       set_config('default_transaction_read_only', 'on', false), set_config('cursor_tuple_fraction', '1', false);

-- As before.
-- name: page_session_end ()
SELECT set_config('default_transaction_isolation', 'read committed', false),
       set_config('default_transaction_read_only', 'off', false), set_config('cursor_tuple_fraction', '0.1', false);
