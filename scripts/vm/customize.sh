#!/bin/sh
# Makes the unpacked Debian a test machine: customize.sh TREE PUBLIC_KEY
set -eu
tree=$1

echo proa-vm > "$tree/etc/hostname"
printf '127.0.0.1 localhost proa-vm\n::1 localhost ip6-localhost\n' > "$tree/etc/hosts"
printf '/dev/vda / ext4 defaults,prjquota 0 1\nrepository /opt/proa 9p trans=virtio,ro,nofail,msize=512000 0 0\n' > "$tree/etc/fstab"
mkdir -p "$tree/opt/proa"

mkdir -p "$tree/etc/systemd/network"
printf '[Match]\nName=en*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n' > "$tree/etc/systemd/network/en.network"
chroot "$tree" systemctl -q enable systemd-networkd ssh
# Nothing here has to do with what is tested, and each takes its time at every boot.
chroot "$tree" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer dpkg-db-backup.timer systemd-networkd-wait-online.service systemd-pstore.service \
  systemd-binfmt.service proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount
chroot "$tree" systemctl -q disable docker-registry
printf 'blacklist %s\n' kvm_amd kvm_intel powernow_k8 pcspkr psmouse mousedev floppy sr_mod \
  > "$tree/etc/modprobe.d/machine.conf"

# app stays when nobody is logged in, visitor does not.
for user in app visitor; do
  chroot "$tree" useradd --create-home --shell /bin/bash "$user"
done
mkdir -p "$tree/var/lib/systemd/linger"
touch "$tree/var/lib/systemd/linger/app"
for home in root home/app home/visitor; do
  mkdir -p "$tree/$home/.ssh"
  cp "$2" "$tree/$home/.ssh/authorized_keys"
done
chroot "$tree" chown -R app: /home/app
chroot "$tree" chown -R visitor: /home/visitor
printf 'UseDNS no\nMaxSessions 100\nMaxStartups 100\nPrintMotd no\n' > "$tree/etc/ssh/sshd_config.d/test.conf"
mkdir -p "$tree/etc/systemd/journald.conf.d"
printf "[Journal]\nStorage=persistent\nRateLimitBurst=0\n" > "$tree/etc/systemd/journald.conf.d/test.conf"
rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*

# Debian's initrd takes a minute where KVM is no help. This one holds a busybox and what reaches the disk.
release=$(ls "$tree/lib/modules")
work=$tree/tmp/initrd
mkdir -p "$work/bin" "$work/modules" "$work/dev" "$work/root"
cp "$tree/bin/busybox" "$work/bin/busybox"
for module in virtio_pci virtio_blk crc32c_generic quota_v2 ext4; do
  chroot "$tree" modprobe -S "$release" --show-depends "$module"
done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print 100 + NR, $1 }' | while read -r number path; do
  cp "$tree/$path" "$work/modules/$number.ko"
done
cat > "$work/init" <<'INIT'
#!/bin/busybox sh
for module in /modules/*; do busybox insmod "$module"; done
busybox mount -t devtmpfs dev /dev
busybox mount -t ext4 -o prjquota /dev/vda /root || exec busybox poweroff -f
busybox umount /dev
exec busybox switch_root /root /sbin/init
INIT
chmod 755 "$work/init"
chroot "$tree" sh -c 'cd /tmp/initrd && find . | cpio --quiet -o -H newc > /boot/initrd-proa'
rm -rf "$work"
