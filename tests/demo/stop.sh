#!/bin/sh
# Ends the servers of the demo: each state's portals, and the private PostgreSQL. What they hold stays.
end() { # end PID SIGNAL NAME
    kill -"$2" "$1" 2>/dev/null && echo "ended $3 (process $1)"
    n=0
    while [ -d "/proc/$1" ] && [ "$n" -lt 200 ]; do n=$((n + 1)); sleep 0.05; done
}
for list in "@FOLDER@"/*/servers; do
    [ -s "$list" ] || continue
    while read -r pid start name; do
        # the same process, and not another that has its number now
        now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20) || continue
        [ "$now" = "$start" ] && end "$pid" TERM "$name"
    done < "$list"
    rm -f "$list"
done
if [ -s "@DATA@/postmaster.pid" ]; then
    pid=$(head -n 1 "@DATA@/postmaster.pid")
    if tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF -- "@DATA@"; then end "$pid" INT PostgreSQL; fi
fi
exit 0
