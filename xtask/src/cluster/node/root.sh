# The root file system of an image: a Python environment with its Python, and as much of this machine's system as that
# takes. Arguments: the environment and the folder to fill.
set -eu
environment=$1
root=$2

python=$(readlink -f "$environment/bin/python")
version=$(basename "$python") # python3.13
prefix=$(dirname "$(dirname "$python")")
mkdir -p "$root/opt/python/bin" "$root/opt/python/lib" "$root/opt/instance/bin"

# Python without what only its developers need; bytecode stays, since nobody could write it there later.
cp "$python" "$root/opt/python/bin/$version"
cp -a "$prefix"/lib/lib"$version"*.so* "$root/opt/python/lib/" 2>/dev/null || true
tar -C "$prefix/lib" -cf - \
  --exclude="$version/site-packages" --exclude="$version/dist-packages" --exclude="$version/test" \
  --exclude="$version/config-*" --exclude="$version/idlelib" --exclude="$version/tkinter" \
  --exclude="$version/lib-dynload/_tkinter*" --exclude="$version/ensurepip" --exclude="$version/lib2to3" --exclude="$version/turtledemo" \
  "$version" | tar -C "$root/opt/python/lib" -xf -

tar -C "$environment" -cf - --exclude='site-packages/pip' --exclude='site-packages/*/tests' \
  --exclude='site-packages/*/test' "lib/$version" | tar -C "$root/opt/instance" -xf -
ln -s "/opt/python/bin/$version" "$root/opt/instance/bin/python"
printf 'home = /opt/python/bin\ninclude-system-site-packages = false\n' >"$root/opt/instance/pyvenv.cfg"
if [ -e "$environment/bin/mindroom" ]; then
  # by the image's Python, whatever its environment was made by
  { echo '#!/opt/instance/bin/python' && sed 1d "$environment/bin/mindroom"; } >"$root/opt/instance/bin/mindroom"
  chmod 755 "$root/opt/instance/bin/mindroom"
fi

mkdir -p "$root/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
chmod 1777 "$root/tmp"
for program in sh env mkdir cp cat ls; do
  cp -L "$(command -v $program)" "$root/bin/$program"
done
printf 'root:x:0:0::/:/bin/sh\nsynapse:x:991:991::/data:/bin/sh\nmindroom:x:1000:1000::/data/home:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nsynapse:x:991:\nmindroom:x:1000:\n' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"

# Every library that one of these files asks for, where it was found.
{
  find "$root/opt" -type f -name '*.so*'
  find "$root/bin" "$root/opt/python/bin" -type f
} | LD_LIBRARY_PATH="$root/opt/python/lib" xargs ldd 2>/dev/null |
  sed -n 's|^\t\(.* => \)\{0,1\}\(/[^ ]*\) (0x.*|\2|p' | sort -u |
  while read -r library; do
    case $library in "$root"/*) continue ;; esac
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
chmod -R a+rX,go-w "$root"
chmod 1777 "$root/tmp"
