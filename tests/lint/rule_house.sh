#!/usr/bin/env bash
# Rules that a machine can keep: top level, file sizes, SQL only in sql/ and maps, parser and TLS settings, left-open words.
cd "$(dirname "$0")/../.."
bad=0
say() { echo "$1"; echo "$2"; bad=1; }
x=$(ls -A | grep -vE '^(bridge|adapters|mappings|include|sql|tests|Makefile|bridge\.conf|README\.md|build|\..*)$'); [ -z "$x" ] || say "top level holds" "$x"
for f in bridge adapters mappings include sql tests Makefile bridge.conf README.md .ci/run; do [ -e "$f" ] || say "missing at top level" "$f"; done
x=$(find bridge adapters include tests \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 wc -l | awk '$2!="total" && $1>500'); [ -z "$x" ] || say "files over 500 lines" "$x"
x=$(grep -rnE '"[^"]*(SELECT |INSERT INTO|UPDATE [a-z]|DELETE FROM|CREATE TABLE)' bridge adapters --include=*.c); [ -z "$x" ] || say "SQL text inside C" "$x"
x=$(grep -rnE 'XML_PARSE_(NOENT|DTDLOAD|DTDATTR|DTDVALID|XINCLUDE|HUGE|RECOVER)|SSL_VERIFYPEER, *0|SSL_VERIFYHOST, *0' bridge adapters include); [ -z "$x" ] || say "unsafe parser or TLS settings" "$x"
x=$(grep -rnwE 'TODO|FIXME|XXX|HACK|stub' bridge adapters include sql); [ -z "$x" ] || say "left open in product code" "$x"
x=$(grep -rnE '(p[k]ill|kill[a]ll)' tests bridge Makefile --include=*.py --include=*.sh --include=*.c --include=Makefile); [ -z "$x" ] || say "ends processes by name" "$x"
x=$(grep -rnP '.{101,}' bridge adapters include --include=*.c --include=*.h); [ -z "$x" ] || say "lines over 100 characters" "$x"
x=$(LC_ALL=C.UTF-8 grep -rnP '^.{141,}' tests --include=*.py); [ -z "$x" ] || say "Python lines over 140 characters" "$x"
x=$(grep -rnE '/(work|home)/' bridge adapters include mappings sql tests Makefile bridge.conf README.md \
    --exclude=rule_house.sh --exclude-dir=__pycache__); [ -z "$x" ] || say "a path of one machine" "$x"
exit $bad
