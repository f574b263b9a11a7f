// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// enterFolder makes a folder the root of this process, for good: whatever links, `..` or absolute names an image holds, the
// kernel looks them up below it. No program of the folder is run.
func enterFolder(folder string) error {
	if err := unix.Chroot(folder); err != nil {
		return fmt.Errorf("chroot to %s: %w", folder, err)
	}
	return os.Chdir("/")
}
