// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	add(map[string]func([]string) error{
		"serve":        serve,
		"unix-sockets": unixSockets,
		"own-host":     ownHost,
		"arp":          arpRequest,
		"place-file":   placeFile,
		"place-self":   placeSelf,
		"pause":        func([]string) error { waitForever(); return nil },
		"nothing":      func([]string) error { return nil },
	})
}

// serve answers HTTP and UDP on the given ports: `serve TCP-PORT UDP-PORT`.
func serve(args []string) error {
	datagrams, err := net.ListenPacket("udp", ":"+args[1])
	must(err)
	go func() {
		for buffer := make([]byte, 1500); ; {
			size, from, err := datagrams.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = datagrams.WriteTo(buffer[:size], from)
		}
	}()
	return http.ListenAndServe(":"+args[0], http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(answer, "here\n")
	}))
}

// unixSockets talks to itself by a path and by an abstract name.
func unixSockets([]string) error {
	for _, name := range []string{"/tmp/leak-maker.sock", "@leak-maker"} {
		listener, err := net.Listen("unix", name)
		must(err)
		connection, err := net.Dial("unix", name)
		must(err)
		_ = connection.Close()
		_ = listener.Close()
	}
	return nil
}

// ownHost talks to itself by loopback addresses of both families, TCP and UDP.
func ownHost([]string) error {
	for _, host := range []string{"127.0.0.1", "127.53.4.7", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			fmt.Println(err) // a pod without IPv6
			continue
		}
		connection, err := net.Dial("tcp", listener.Addr().String())
		must(err)
		_ = connection.Close()
		_ = listener.Close()
		if err := exchange(net.JoinHostPort(host, "20009"), payload); err != nil {
			fmt.Println(err)
		}
	}
	return nil
}

// arpRequest asks the link for an address of the pod network, by a frame of its own.
func arpRequest(args []string) error {
	device := outerDevice()
	from, to := ownAddress(device).As4(), address(args[0]).As4()
	frame := append([]byte{255, 255, 255, 255, 255, 255}, device.HardwareAddr...)
	frame = append(frame, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1)
	frame = append(append(frame, device.HardwareAddr...), from[:]...)
	frame = append(append(frame, 0, 0, 0, 0, 0, 0), to[:]...)
	made := socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	defer unix.Close(made)
	return unix.Sendto(made, frame, 0, &unix.SockaddrLinklayer{Ifindex: device.Index})
}

// placeSelf copies this program: `place-self PATH`.
func placeSelf(args []string) error {
	program, err := os.ReadFile(self())
	must(err)
	must(os.WriteFile(args[0], program, 0o755))
	return nil
}

// placeFile writes a file whole: `place-file PATH CONTENT`.
func placeFile(args []string) error {
	must(os.WriteFile(args[0]+".new", []byte(args[1]), 0o644))
	must(os.Rename(args[0]+".new", args[0]))
	time.Sleep(100 * time.Millisecond)
	return nil
}
