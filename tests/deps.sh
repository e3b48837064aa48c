#!/bin/sh
# Installs the Debian packages named, those that are missing only; with sudo where not root.
# No server that comes along is started or enabled: tests and demo run their own, and nothing new shall listen on this machine.
set -eu
missing=
for p in "$@"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
root=
if [ "$(id -u)" != 0 ]; then
    root=sudo
    command -v sudo >/dev/null || { echo "these packages are missing and there is no sudo to install them:$missing" >&2; exit 1; }
fi
policy=/usr/sbin/policy-rc.d
made=
before=$(systemctl list-unit-files --state=enabled --no-legend 2>/dev/null | awk '{ print $1 }' || true)
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $root sh -c "umask 022; cat > $policy; chmod 755 $policy"
    made=1
fi
code=0
# shellcheck disable=SC2086
{ $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; } || code=1
[ -z "$made" ] || $root rm -f $policy
for unit in ssh.service ssh.socket mariadb.service postgresql.service stunnel4.service pgbouncer.service; do
    case " $(echo $before) " in *" $unit "*) continue ;; esac
    if systemctl is-enabled -q "$unit" 2>/dev/null; then $root systemctl disable -q "$unit" 2>/dev/null || true; fi
done
[ "$code" = 0 ] || echo "could not install:$missing" >&2
exit $code
