// SPDX-License-Identifier: Apache-2.0

package containerd

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/sirupsen/logrus"
)

// settle is how long a file must be left alone before it is imported: whoever copies a large archive writes for a while.
const settle = 2 * time.Second

// Watch imports archives that are put into dir while the node runs, until ctx ends. When it returns the folder is
// being watched, so that a file put there afterwards cannot be missed.
func (s *Store) Watch(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	if err := watcher.Add(dir); err != nil {
		return err
	}
	go func() {
		defer watcher.Close()
		changed := map[string]time.Time{}
		ticker := time.NewTicker(settle / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case err := <-watcher.Errors:
				logrus.Errorf("Watching %s: %v", dir, err)
			case event := <-watcher.Events:
				if event.Has(fsnotify.Create) || event.Has(fsnotify.Write) {
					changed[event.Name] = time.Now()
				} else {
					delete(changed, event.Name)
				}
			case now := <-ticker.C:
				for path, last := range changed {
					if now.Sub(last) < settle {
						continue
					}
					delete(changed, path)
					if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
						s.ImportFile(ctx, filepath.Clean(path))
					}
				}
			}
		}
	}()
	return nil
}
