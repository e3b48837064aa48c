#!/usr/bin/env bash
# make lint: format, static analysis, and the rules of the house. Prints what is wrong; exit 1 if anything is.
cd "$(dirname "$0")/../.."
bad=0
files=$(find bridge adapters include tests -name '*.[ch]')
clang-format --dry-run --Werror $files || bad=1
tidy() {
    local aid="-include tests/lint/analyzer.h"
    [ "$1" != bridge/base/error.c ] || aid=   # where error_set() itself stands
    clang-tidy --quiet "$1" -- -std=c11 -D_GNU_SOURCE -DBRIDGE_VERSION='"lint"' -Iinclude -Ibridge $aid \
        $(pkg-config --cflags libxml-2.0 libcurl libpq | sed 's/-I/-isystem /g') 2>/dev/null
}
export -f tidy
find bridge adapters -name '*.c' -print0 | xargs -0 -P"$(nproc)" -I{} bash -c 'tidy "$1"' tidy {} || bad=1
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr -j"$(nproc)" \
    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=nullPointerOutOfMemory -Iinclude -Ibridge bridge adapters || bad=1
for rule in tests/lint/rule_layers.sh tests/lint/rule_house.sh tests/lint/rule_bugs.sh; do "$rule" || bad=1; done
exit $bad
