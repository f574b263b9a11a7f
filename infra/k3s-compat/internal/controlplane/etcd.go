// SPDX-License-Identifier: Apache-2.0

// Package controlplane runs the control plane's components inside this process, as K3s does.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"airgap.dev/k3s-compat/internal/paths"
)

// EtcdEndpoint is where the API server finds its database: a socket in a folder that only root can enter, so that no
// pod on the host's network reaches it and no certificate is needed.
const EtcdEndpoint = "unix://" + paths.EtcdDir + "/client.sock"

// StartEtcd starts the database and waits until it serves.
func StartEtcd(ctx context.Context, data paths.Data) (*embed.Etcd, error) {
	dir := data.Server("db", "etcd")
	for _, folder := range []string{dir, paths.EtcdDir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	client := url.URL{Scheme: "unix", Path: filepath.Join(paths.EtcdDir, "client.sock")}
	peer := url.URL{Scheme: "unix", Path: filepath.Join(paths.EtcdDir, "peer.sock")}
	for _, socket := range []url.URL{client, peer} { // left behind by a process that was killed
		if err := os.Remove(socket.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	config := embed.NewConfig()
	config.Name = "default"
	config.Dir = dir
	config.ListenClientUrls = []url.URL{client}
	config.ListenPeerUrls = []url.URL{peer}
	// Names only, since etcd wants host:port: a single member never calls itself.
	config.AdvertiseClientUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:2379"}}
	config.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:2380"}}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel = "warn"
	// On a busy machine with two cores every request of a start is "slow" for etcd's default of 300 ms.
	config.WarningUnaryRequestDuration = 5 * time.Second
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, fmt.Errorf("start etcd in %s: %w", dir, err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		return nil, fmt.Errorf("etcd: %w", err)
	case <-ctx.Done():
		etcd.Close()
		return nil, ctx.Err()
	}
}
