#!/usr/bin/env bash
# make lint: format, static analysis, and the rules of the house. Prints what is wrong; exit 1 if anything is.
cd "$(dirname "$0")/../.."
bad=0
files=$(find bridge adapters include tests -name '*.[ch]')
clang-format --dry-run --Werror $files || bad=1
flags="-std=c11 -D_GNU_SOURCE -DBRIDGE_VERSION=\"lint\" -Iinclude -Ibridge $(pkg-config --cflags libxml-2.0 libcurl libpq)"
find bridge adapters -name '*.c' -print0 | xargs -0 -P2 -n1 sh -c 'clang-tidy --quiet "$@" -- '"$flags"' 2>/dev/null' sh || bad=1
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=nullPointerOutOfMemory -Iinclude -Ibridge bridge adapters || bad=1
for rule in tests/lint/rule_layers.sh tests/lint/rule_house.sh; do "$rule" || bad=1; done
exit $bad
