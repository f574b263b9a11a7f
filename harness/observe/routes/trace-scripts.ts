// SPDX-License-Identifier: Apache-2.0

/**
 * Shell programs that work on tracefs beside the node's kernel; the label is their first argument.
 *
 * Two private instances: one follows the launcher and everything that descends from it; the other sees io_uring's kernel
 * threads, which `event-fork` does not follow: their birth is told by the task that they work for (task_newtask), or, where
 * one of them makes another, in the second instance. `iif == 1` are look-ups of local processes (a forwarded packet has its device there),
 * `tb_id != 255` leaves out the table `local`. Never `err != 0`: where there is a default route, every look-up succeeds.
 */
const FOLDERS = 'R=/sys/kernel/tracing; T=$R/instances/$1; U=$T-iou';

/**
 * Arguments: label; launcher's thread id, empty where the whole kernel is the node's; what is not inside, as a filter of
 * IPv4 look-ups; how many times as large as usual the buffers are. Says nothing and ends with 0 when the trace is on.
 */
export const SET_UP = `set -eu
${FOLDERS}
[ -d $R/instances ] || mount -t tracefs tracefs $R
[ -d $R/events/fib6 ] || { echo "this kernel has no tracepoints fib and fib6" >&2; exit 1; }
[ -z "$2" ] || [ -d /proc/$2 ] || { echo "the launcher, task $2, is gone" >&2; exit 1; }
mkdir $T
trap '[ $? = 0 ] || rmdir $T' EXIT
mkdir $U
trap '[ $? = 0 ] || rmdir $T $U' EXIT
for I in $T $U; do
  echo 0 >$I/tracing_on
  echo mono >$I/trace_clock
done
echo $((8192 * $4)) >$T/buffer_size_kb
echo $((1024 * $4)) >$U/buffer_size_kb
echo 1 >$T/options/event-fork
LOCAL='iif == 1 && tb_id != 255'
echo "$LOCAL && $3" >$T/events/fib/fib_table_lookup/filter
echo "$LOCAL" >$T/events/fib6/fib6_table_lookup/filter
for E in fib/fib_table_lookup fib6/fib6_table_lookup; do
  echo "$LOCAL && comm ~ \\"iou-*\\"" >$U/events/$E/filter
  for I in $T $U; do echo 1 >$I/events/$E/enable; done
done
for E in task/task_newtask sched/sched_process_exec sched/sched_process_exit cgroup/cgroup_attach_task; do
  echo 1 >$T/events/$E/enable
done
for E in task/task_newtask sched/sched_process_exit; do
  echo 'comm ~ "iou-*"' >$U/events/$E/filter
  echo 1 >$U/events/$E/enable
done
[ -z "$2" ] || echo $2 >$T/set_event_pid
for I in $T $U; do echo 1 >$I/tracing_on; done
`;

/**
 * Takes orders on standard input, answers on standard output. \`mark TEXT\` writes a marker into both traces;
 * \`trace TID\` follows one more launcher; \`stats\` prints the counters of all CPUs. Each answer ends with a line \`done\`.
 */
export const CONTROL = `${FOLDERS}
while read -r WORD TEXT; do
  case $WORD in
    mark) echo "$TEXT" >$T/trace_marker; echo "$TEXT" >$U/trace_marker ;;
    trace) echo "$TEXT" >>$T/set_event_pid || echo failed ;;
    stats) cat $T/per_cpu/*/stats $U/per_cpu/*/stats ;;
  esac
  echo done
done
`;

/** Switches both instances off and removes them. A reader that has just ended may keep one busy for a moment. */
export const TEAR_DOWN = `${FOLDERS}
for I in $T $U; do
  [ -d $I ] || continue
  echo 0 >$I/tracing_on
  for N in 1 2 3 4 5 6 7 8 9 10; do rmdir $I && break || sleep 0.1; done &
done
wait
[ ! -d $T ] && [ ! -d $U ]
`;
