#!/usr/bin/env bash
# No function is needlessly global: every global symbol of the program's objects is declared in a header of its room or include/.
cd "$(dirname "$0")/../.."
bad=0
declared=$(cat include/*.h bridge/*/*.h adapters/*.h tests/unit/*.h 2>/dev/null)
for o in $(find build/san/obj/bridge build/san/obj/adapters -name '*.o'); do
    while read -r name; do
        case $name in main|__odr_asan*|_*) continue;; esac
        grep -qwF -- "$name" <<<"$declared" || { echo "$o: $name is global but declared in no header"; bad=1; }
    done < <(nm -g --defined-only "$o" | awk '{print $3}')
done
exit $bad
