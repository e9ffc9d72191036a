#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds a partition by hand, without the generator:
#   build.sh [-c gcc|clang] [-d HEADER_FOLDER] BOARD FOLDER OUT.elf
# BOARD is native-virt-gicv2, native-virt-gicv3 or native-zcu102 (no hypervisor below, console by semihosting),
# or gicv2 or gicv3 (a partition of Bulkhead; give -d the folder of its bulkhead_partition.h).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(dirname "$here")
compiler=gcc
headers=
while getopts c:d: option; do
    case $option in
    c) compiler=$OPTARG ;;
    d) headers=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 3 ] || { sed -n '5,8s/^# //p' "$0" >&2; exit 2; }
board=$1 folder=$2 output=$3

case $compiler in
gcc) cc=aarch64-linux-gnu-gcc-12 cxx=aarch64-linux-gnu-g++-12 ;;
clang) cc="clang-19 --target=aarch64-linux-gnu" cxx="clang++-19 --target=aarch64-linux-gnu" ;;
esac
native="$here/console.cpp"
case $board in
native-zcu102) native="$native $here/conduit_smc.cpp" gic=2 headers=${headers:-$here/zcu102} ;;
native-virt-gicv2) native="$native $runtime/conduit.cpp" gic=2 headers=${headers:-$here/virt-gicv2} ;;
native-virt-gicv3) native="$native $runtime/conduit.cpp" gic=3 headers=${headers:-$here/virt-gicv3} ;;
gicv2 | gicv3) native="$runtime/console.cpp $runtime/conduit.cpp" gic=${board#gicv} ;;
*) echo "unknown board $board" >&2; exit 2 ;;
esac
[ -n "$headers" ] || { echo "-d FOLDER is missing: where bulkhead_partition.h lies" >&2; exit 2; }

value() { sed -n "s/^static const .* bulkhead_$1 = \(.*\);/\1/p" "$headers/bulkhead_partition.h"; }
stack=$(sed -n 's/^stack: \([0-9]*\) KiB/\1/p' "$folder/partition.yaml" 2>/dev/null || true)
flags="-O2 -g -Wall -Wextra -Werror -ffreestanding -fno-stack-protector -fno-pic -fno-asynchronous-unwind-tables
    -mcpu=cortex-a53 -mstrict-align -mno-outline-atomics -ffixed-x18 -ffunction-sections -fdata-sections
    -I$runtime/include -I$runtime -I$headers"
cxxflags="-std=c++17 -fno-exceptions -fno-rtti -fno-threadsafe-statics"

sources="$native $runtime/irq_gicv$gic.cpp"
for source in "$runtime"/*.S "$runtime"/*.cpp "$runtime"/port/*.cpp "$runtime"/apex/*.cpp "$folder"/*.S "$folder"/*.c "$folder"/*.cpp; do
    case $source in
    "$runtime"/irq_* | "$runtime"/console.cpp | "$runtime"/conduit.cpp | *'*'*) ;;
    *) sources="$sources $source" ;;
    esac
done
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
list=
number=0
for source in $sources; do
    number=$((number + 1))
    object=$objects/$number.o
    case $source in
    *.cpp) $cxx $flags $cxxflags -c "$source" -o "$object" ;;
    *) $cc $flags -std=c11 -c "$source" -o "$object" ;;
    esac
    list="$list $object"
done
aarch64-linux-gnu-ld -static -nostdlib --gc-sections --build-id=none -z max-page-size=4096 --fix-cortex-a53-843419 \
    -T "$runtime/runtime.ld" --defsym=link_ram_base="$(value ram_base)" --defsym=link_ram_size="$(value ram_size)" \
    --defsym=link_stack_size="$((${stack:-16} * 1024))" --defsym=link_vcpu_count="$(value vcpu_count)" $list -o "$output"
aarch64-linux-gnu-objcopy -O binary "$output" "${output%.elf}.bin"
