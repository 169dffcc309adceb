// An HTTP server and its clients over loopback.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/ioutil"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	runtime.GOMAXPROCS(2)
	http.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		n, _ := io.Copy(h, r.Body)
		fmt.Fprintf(w, "%d %x", n, h.Sum(nil)[:4])
	})
	http.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 100; i++ {
			fmt.Fprintf(w, "part %d\n", i)
			w.(http.Flusher).Flush()
		}
	})
	http.Handle("/redirect", http.RedirectHandler("/stream", 302))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go http.Serve(l, nil)
	base := "http://" + l.Addr().String()

	get := func(path string) (int, []byte) {
		r, err := http.Get(base + path)
		check(err)
		b, err := ioutil.ReadAll(r.Body)
		check(err)
		r.Body.Close()
		return r.StatusCode, b
	}
	code, b := get("/redirect")
	fmt.Println(code, len(b), bytes.Count(b, []byte("\n")))
	code, _ = get("/missing")
	fmt.Println(code)

	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	r, err := http.Post(base+"/sum", "text/plain", bytes.NewReader(body))
	check(err)
	b, err = ioutil.ReadAll(r.Body)
	check(err)
	r.Body.Close()
	fmt.Println(string(b))

	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 10; j++ {
				_, b := get("/stream")
				mu.Lock()
				total += len(b)
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	fmt.Println("concurrent", total)
	_, err = net.Dial("tcp", "127.0.0.1:1")
	fmt.Println(strings.HasSuffix(fmt.Sprint(err), "connection refused"))

	// Datagrams and Unix sockets.
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	c, err := net.Dial("udp", u.LocalAddr().String())
	check(err)
	fmt.Fprint(c, "dgram")
	buf := make([]byte, 100)
	n, from, err := u.ReadFrom(buf)
	check(err)
	fmt.Println(string(buf[:n]), from.String() == c.LocalAddr().String())
	dir, err := ioutil.TempDir("", "h")
	check(err)
	defer os.RemoveAll(dir)
	ul, err := net.Listen("unix", dir+"/s")
	check(err)
	go func() {
		c, err := ul.Accept()
		check(err)
		io.Copy(c, c)
		c.Close()
	}()
	uc, err := net.Dial("unix", dir+"/s")
	check(err)
	fmt.Fprint(uc, "unix echo")
	uc.(*net.UnixConn).CloseWrite()
	b, err = ioutil.ReadAll(uc)
	check(err)
	fmt.Println(string(b))
}
