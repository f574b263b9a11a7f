// SPDX-License-Identifier: Apache-2.0
package main

import (
	"io"
	"net"
)

// forward joins a client with a TCP server of this node, each direction until its own end. A server that does not listen
// (yet) shows as a closed connection.
func forward(client *net.UnixConn, address string) {
	defer client.Close()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	server := connection.(*net.TCPConn)
	defer server.Close()
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.CloseWrite()
		close(done)
	}()
	_, _ = io.Copy(client, server)
	_ = client.CloseWrite()
	<-done
}
