// SPDX-License-Identifier: Apache-2.0
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// serveMain is the supervisor: it inherits the two listening sockets as descriptors 3 (exec) and 4 (API server) and
// serves each connection on its own. It ends with the node.
func serveMain(args []string) int {
	flags := flag.NewFlagSet("airgap-node serve", flag.ContinueOnError)
	apiPort := flags.Int("api-port", 6443, "port of the API server in this node")
	if flags.Parse(args) != nil {
		return 2
	}
	// It ends with the node, after the programs it runs. Caught, not ignored: they would inherit that.
	signal.Notify(make(chan os.Signal, 1), unix.SIGTERM)
	execListener, err := inherited(3, "exec socket")
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node serve: %v\n", err)
		return 1
	}
	apiListener, err := inherited(4, "api socket")
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node serve: %v\n", err)
		return 1
	}
	api := fmt.Sprintf("127.0.0.1:%d", *apiPort)
	go acceptAll(apiListener, func(client *net.UnixConn) { forward(client, api) })
	acceptAll(execListener, serveExec)
	return 1
}

func inherited(fd uintptr, name string) (*net.UnixListener, error) {
	file := os.NewFile(fd, name)
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d is no listening %s: %w", fd, name, err)
	}
	unixListener, ok := listener.(*net.UnixListener)
	if !ok {
		return nil, fmt.Errorf("descriptor %d is no unix socket", fd)
	}
	unixListener.SetUnlinkOnClose(false)
	return unixListener, file.Close()
}

func acceptAll(listener *net.UnixListener, serve func(*net.UnixConn)) {
	for {
		client, err := listener.AcceptUnix()
		if err != nil {
			fmt.Fprintf(os.Stderr, "airgap-node serve: %v\n", err)
			return
		}
		go serve(client)
	}
}
