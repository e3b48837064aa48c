#!/usr/bin/env bash
# The folder is the layer: cli -> jobs -> core -> link -> base; adapters see include/, link/ by include/, nothing of core.
cd "$(dirname "$0")/../.."
bad=0
deny() {  # folder, rooms that it may not include
    local hits
    hits=$(grep -nE "^#include \"(\.\./)?($2)/" "$1"/*.[ch] 2>/dev/null)
    if [ -n "$hits" ]; then echo "$1 includes upward or sideways:"; echo "$hits"; bad=1; fi
}
deny bridge/base 'link|core|jobs|cli|adapters'
deny bridge/link 'core|jobs|cli|adapters'
deny bridge/core 'jobs|cli|adapters'
deny bridge/jobs 'cli|adapters'
deny bridge/cli  'adapters'
deny adapters    'core|jobs|cli|\.\./bridge/core|\.\./bridge/jobs|\.\./bridge/cli'
hits=$(grep -n '^#include "' bridge/verify/*.[ch] | grep -v '"verify\.h"')
[ -z "$hits" ] || { echo "the auditor's program sees something of the bridge:"; echo "$hits"; bad=1; }
hits=$(grep -nE '"\.\./bridge/|"bridge/|"core/|"jobs/|"cli/' adapters/*.[ch] 2>/dev/null)
[ -z "$hits" ] || { echo "adapters see more than include/:"; echo "$hits"; bad=1; }
hits=$(grep -lE 'adapter_registry' bridge/*/*.c | grep -v bridge/cli/main.c)
[ -z "$hits" ] || { echo "only main names the registry:"; echo "$hits"; bad=1; }
# One foreign library per link file: its headers appear nowhere above.
hits=$(grep -nE '#include <(libpq-fe|sql|sqlext|libxml/|libxslt/|curl/|xlsxwriter|zlib)' -r bridge/base bridge/core bridge/jobs bridge/cli adapters)
[ -z "$hits" ] || { echo "a foreign library outside bridge/link:"; echo "$hits"; bad=1; }
exit $bad
