#!/bin/sh
# Ends the servers of the demo: each state's portals, then the private PostgreSQL. What they hold stays.
same() { # same PID START: the same process, and not another that has its number now
    [ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)" = "$2" ]
}
gone() { # gone PID: waits until it has ended
    n=0
    while [ "$n" -lt 200 ]; do
        case "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)" in Z* | '') return ;; esac
        n=$((n + 1))
        sleep 0.05
    done
}
all=$(cat "@FOLDER@"/*/servers 2>/dev/null)
echo "$all" | while read -r pid start name; do
    if [ -n "$pid" ] && same "$pid" "$start"; then kill -TERM "$pid" 2>/dev/null && echo "ended $name (process $pid)"; fi
done
echo "$all" | while read -r pid start name; do
    if [ -n "$pid" ] && same "$pid" "$start"; then gone "$pid"; fi
done
rm -f "@FOLDER@"/*/servers
if [ -s "@DATA@/postmaster.pid" ]; then
    pid=$(head -n 1 "@DATA@/postmaster.pid")
    if tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF -- "@DATA@"; then
        kill -INT "$pid" 2>/dev/null && echo "ended PostgreSQL (process $pid)"
        gone "$pid"
    fi
fi
exit 0
