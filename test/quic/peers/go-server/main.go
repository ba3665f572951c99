// A server on quic-go that knows just enough MQTT to answer CONNECT and PUBLISH with QoS 1 on every stream alike.
// Arguments: certificate file, key file. Prints its port.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/lucas-clemente/quic-go"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(stream quic.Stream) {
	head := make([]byte, 2)
	for {
		if _, err := io.ReadFull(stream, head); err != nil {
			stream.Close()
			return
		}
		body := make([]byte, head[1])
		if _, err := io.ReadFull(stream, body); err != nil {
			return
		}
		switch head[0] >> 4 {
		case 1:
			stream.Write([]byte{0x20, 2, 0, 0})
		case 3:
			id := 2 + int(body[0])*256 + int(body[1])
			stream.Write([]byte{0x40, 2, body[id], body[id+1]})
		}
	}
}

func main() {
	certificate, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	check(err)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"mqtt"}}
	listener, err := quic.ListenAddrEarly("127.0.0.1:0", config, nil)
	check(err)
	fmt.Println(listener.Addr().(*net.UDPAddr).Port)
	for {
		connection, err := listener.Accept(context.Background())
		check(err)
		go func() {
			for {
				stream, err := connection.AcceptStream(context.Background())
				if err != nil {
					return
				}
				go serve(stream)
			}
		}()
	}
}
