// An MQTT client on quic-go. Arguments: port, CA file, number of visits.
// Prints one line per visit: what came back, in hex, and whether early data was used.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/lucas-clemente/quic-go"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func text(s string) []byte { return append([]byte{0, byte(len(s))}, s...) }

func packet(first byte, parts ...[]byte) []byte {
	var body []byte
	for _, part := range parts {
		body = append(body, part...)
	}
	return append([]byte{first, byte(len(body))}, body...)
}

func read(stream quic.Stream, length int) string {
	bytes := make([]byte, length)
	_, err := io.ReadFull(stream, bytes)
	check(err)
	return hex.EncodeToString(bytes)
}

func main() {
	pem, err := os.ReadFile(os.Args[2])
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	visits, err := strconv.Atoi(os.Args[3])
	check(err)
	config := &tls.Config{
		RootCAs:            roots,
		ServerName:         "localhost",
		NextProtos:         []string{"mqtt"},
		ClientSessionCache: tls.NewLRUClientSessionCache(10),
	}
	for visit := 0; visit < visits; visit++ {
		connection, err := quic.DialAddrEarly("127.0.0.1:"+os.Args[1], config, nil)
		check(err)
		control, err := connection.OpenStreamSync(context.Background())
		check(err)
		_, err = control.Write(packet(0x10, text("MQTT"), []byte{4, 2, 0, 60}, text(fmt.Sprintf("go-%d", visit))))
		check(err)
		connack := read(control, 4)
		data, err := connection.OpenStreamSync(context.Background())
		check(err)
		_, err = data.Write(packet(0x32, text("from/go"), []byte{0, 9}, []byte("hello")))
		check(err)
		puback := read(data, 4)
		fmt.Println(connack, puback, connection.ConnectionState().TLS.Used0RTT)
		time.Sleep(100 * time.Millisecond) // the session ticket comes right behind the handshake
		connection.CloseWithError(0, "")
	}
}
