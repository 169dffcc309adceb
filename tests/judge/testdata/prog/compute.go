// Arithmetic of every kind; the same figures as on any machine.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io/ioutil"
	"math"
	"math/big"
	"math/cmplx"
	"math/rand"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

func main() {
	r := rand.New(rand.NewSource(1))
	data := make([]byte, 1<<18)
	for i := range data {
		data[i] = byte(r.Intn(64))
	}
	fmt.Printf("%x\n", sha256.Sum256(data))
	fmt.Printf("%x\n", md5.Sum(data))
	fmt.Printf("%x\n", sha1.Sum(data))
	fmt.Printf("%x\n", sha512.Sum512(data))
	fmt.Printf("%08x %08x\n", crc32.ChecksumIEEE(data), crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
	block, _ := aes.NewCipher(data[:32])
	enc := make([]byte, len(data))
	cipher.NewCTR(block, data[:16]).XORKeyStream(enc, data)
	fmt.Printf("%x\n", sha256.Sum256(enc))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(data)
	w.Close()
	g, _ := gzip.NewReader(&z)
	back, _ := ioutil.ReadAll(g)
	fmt.Println("gzip", bytes.Equal(back, data))

	h := sha256.New()
	for i := 0; i < 20000; i++ {
		x := (r.Float64() - 0.5) * math.Pow(10, float64(r.Intn(20)-8))
		for _, f := range []float64{math.Sqrt(math.Abs(x)), math.Floor(x), math.Trunc(x), x * x, x / 3, math.Mod(x, 1.5)} {
			binary.Write(h, binary.LittleEndian, f)
		}
		binary.Write(h, binary.LittleEndian, float32(x))
		binary.Write(h, binary.LittleEndian, int64(x))
	}
	fmt.Printf("%x\n", h.Sum(nil)[:8])
	fmt.Printf("%.10f %.10f %.10f %.10f\n", math.Sin(1), math.Exp(1.5), math.Log(7), math.Atan2(1, 2))
	fmt.Printf("%.8f\n", cmplx.Sqrt(complex(-3, 4)))
	f := big.NewInt(1)
	for i := int64(1); i <= 300; i++ {
		f.Mul(f, big.NewInt(i))
	}
	fmt.Printf("%x\n", sha256.Sum256([]byte(f.String())))
	p := new(big.Int).Exp(big.NewInt(3), f, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1)))
	fmt.Printf("%x\n", md5.Sum(p.Bytes()))

	words := strings.Fields(strings.Repeat("the quick brown fox jumps over the lazy dog ", 500))
	sort.Strings(words)
	m := map[string]int{}
	for _, w := range words {
		m[w]++
	}
	j, _ := json.Marshal(m)
	fmt.Println(string(j))
	fmt.Println(len(regexp.MustCompile(`[a-e]+o?\w`).FindAllString(strings.Join(words, " "), -1)))
	fmt.Println(strconv.ParseFloat("1.7976931348623157e308", 64))
	var u uint64 = 0x0123456789abcdef
	for i := 0; i < 100000; i++ {
		u = u*6364136223846793005 + 1442695040888963407
		u ^= u >> uint(i%60)
		u = u<<13 | u>>51
	}
	fmt.Printf("%016x %d %d\n", u, int64(u)/12345, int64(u)%12345)
}
