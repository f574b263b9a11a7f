// SPDX-License-Identifier: Apache-2.0
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"sync"
)

// serveMain is the supervisor: it inherits the two listening sockets as descriptors 3 (exec) and 4 (API server) and
// serves each connection on its own, until it is told to end. With -api-port 0 there is no second socket.
func serveMain(args []string) int {
	flags := flag.NewFlagSet("airgap-node serve", flag.ContinueOnError)
	apiPort := flags.Int("api-port", 6443, "port of the API server in this node")
	if flags.Parse(args) != nil {
		return 2
	}
	execListener, err := inherited(3, "exec socket")
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node serve: %v\n", err)
		return 1
	}
	if *apiPort != 0 {
		apiListener, err := inherited(4, "api socket")
		if err != nil {
			fmt.Fprintf(os.Stderr, "airgap-node serve: %v\n", err)
			return 1
		}
		api := fmt.Sprintf("127.0.0.1:%d", *apiPort)
		go acceptAll(apiListener, func(client *net.UnixConn) { forward(client, api) })
	}
	var programs sync.WaitGroup
	go acceptAll(execListener, func(client *net.UnixConn) { programs.Go(func() { serveExec(client) }) })
	// The node ends in order: the programs were told as well, and their clients shall see how they ended.
	<-endRequests()
	programs.Wait()
	return 0
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
