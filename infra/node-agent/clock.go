// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// clockMain prints CLOCK_MONOTONIC and CLOCK_REALTIME of this kernel in nanoseconds, once for each line of standard input:
// who asks over a line joins the clocks by the tightest round trip.
func clockMain([]string) int {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var monotonic, realtime unix.Timespec
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &monotonic) != nil || unix.ClockGettime(unix.CLOCK_REALTIME, &realtime) != nil {
			return 1
		}
		fmt.Println(monotonic.Nano(), realtime.Nano())
	}
	return 0
}
