package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/imagika/imagika/providers"
)

// serve starts a server and a client of it.
func serve(t *testing.T, o Options, h http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	o.Provider, o.Base, o.Dir = "test", srv.URL+"/v1", t.TempDir()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, srv
}

func fault(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	return e
}

func picture(n int) providers.Reference {
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(i * 7)
	}
	return providers.Reference{MediaType: "image/png", Bytes: int64(n), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}}
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	large := make([]byte, 3<<20)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(large)
	want := base64.StdEncoding.EncodeToString(large)
	c, _ := serve(t, Options{Header: http.Header{"Authorization": {"Bearer k"}}}, func(w http.ResponseWriter, r *http.Request) {
		var got struct {
			Prompt string
			Images []string
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Header.Get("Authorization") != "Bearer k" || r.ContentLength <= 0 {
			t.Errorf("request: %v, length %d", err, r.ContentLength)
		}
		if got.Prompt != "a <b> & \x00picture 0\x00" || !strings.HasPrefix(got.Images[0], "data:image/png;base64,") || strings.Contains(got.Images[1], ":") {
			t.Errorf("prompt %q, images %.30q", got.Prompt, got.Images)
		}
		_, _ = io.WriteString(w, `{"data":[{"b64":"`+strings.ReplaceAll(want, "/", `\/`)+`"},{"b64":"data:image/png;base64,`+want+`"},{"b64":"aGk="}],"text":"say \"hi\""}`)
	})
	one, two := &Picture{Ref: picture(100), DataURL: true}, &Picture{Ref: picture(1000)}
	type request struct {
		Images []*Picture
		Prompt string
	}
	body, err := c.JSON(t.Context(), request{Images: []*Picture{one, two}, Prompt: "a <b> & \x00picture 0\x00"}, one, two)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Post(t.Context(), "images", body)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	var v struct {
		Data []struct{ B64 string }
		Text string
	}
	if err := reply.JSON(&v); err != nil {
		t.Fatal(err)
	}
	if v.Text != `say "hi"` || len(v.Data) != 3 || len(v.Data[0].B64) > 20 {
		t.Fatalf("text %q, %d pictures, %d bytes in memory", v.Text, len(v.Data), len(v.Data[0].B64))
	}
	for i, expect := range [][]byte{large, large, []byte("hi")} {
		got, err := io.ReadAll(reply.Image(v.Data[i].B64))
		if err != nil || !bytes.Equal(got, expect) {
			t.Errorf("picture %d: %d bytes, %v; want %d", i, len(got), err, len(expect))
		}
	}
}

// TestSplitIsAnyChunk feeds a document byte by byte: what is split where must not matter.
func TestSplitIsAnyChunk(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte("escapes \u00e9/+"), 2000)
	long := strings.NewReplacer("/", `\/`, "+", `\u002b`).Replace(base64.StdEncoding.EncodeToString(raw))
	text := `{"a":"` + long + `","b":{"c":["` + strings.Repeat(`\"x\\`, 100) + `","` + long[:len(long)/4*4] + `"]},"d":1}`
	doc, err := split(iotest.OneByteReader(strings.NewReader(text)), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer doc.close()
	var v struct {
		A string
		B struct{ C []string }
		D int
	}
	if err := json.Unmarshal(doc.small, &v); err != nil {
		t.Fatalf("%v in %.200q", err, doc.small)
	}
	if v.D != 1 || v.B.C[0] != strings.Repeat(`"x\`, 100) {
		t.Errorf("short values are %d and %.20q", v.D, v.B.C[0])
	}
	for _, s := range []string{v.A, v.B.C[1]} {
		if got, err := io.ReadAll(doc.image(s)); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(raw))
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`{"a":"b"}`)
	f.Add(`{"a":"` + strings.Repeat("A", longString+10) + `"}`)
	f.Add(`"\\\"`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := split(strings.NewReader(text), t.TempDir())
		if err != nil {
			return
		}
		defer doc.close()
		if json.Valid([]byte(text)) && !json.Valid(doc.small) {
			t.Errorf("%q became %q", text, doc.small)
		}
		_, _ = io.Copy(io.Discard, doc.image(standIn+"0"))
	})
}

// TestReplyStaysOutOfMemory reads large answers and looks at what was allocated.
func TestReplyStaysOutOfMemory(t *testing.T) {
	const size = 32 << 20
	c, _ := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"b64":"`)
		chunk := bytes.Repeat([]byte("QUFB"), 4<<10)
		for range size / len(chunk) {
			_, _ = w.Write(chunk)
		}
		_, _ = io.WriteString(w, `"}`)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	reply, err := c.Post(t.Context(), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	var v struct{ B64 string }
	if err := reply.JSON(&v); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, reply.Image(v.B64))
	runtime.ReadMemStats(&after)
	if err != nil || n != size/4*3 {
		t.Errorf("%d bytes, %v; want %d", n, err, size/4*3)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("%d MiB were allocated for an answer of %d MiB", got>>20, size>>20)
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, Options{}, func(_ http.ResponseWriter, r *http.Request) {
		kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if kind != "multipart/form-data" || r.ContentLength <= 0 {
			t.Errorf("type %s, length %d", kind, r.ContentLength)
		}
		form, err := multipart.NewReader(r.Body, params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			t.Errorf("form: %v", err)
			return
		}
		if got := form.Value["prompt"]; len(got) != 1 || got[0] != "a fox" || len(form.Value["empty"]) != 0 {
			t.Errorf("fields %v", form.Value)
		}
		if files := form.File["image[]"]; len(files) != 2 || files[0].Size != 100 || files[1].Header.Get("Content-Type") != "image/png" {
			t.Errorf("files %v", files)
		}
	})
	var f Form
	f.Set("prompt", "a fox")
	f.Set("empty", "")
	f.File("image[]", "1.png", picture(100))
	f.File("image[]", `2".png`, picture(200))
	body, err := c.Form(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Post(t.Context(), "edits", body)
	if err != nil {
		t.Fatal(err)
	}
	reply.Close()
}

// TestPostIsSentOnce kills a reused connection after the server has read a request: net/http would send a repeatable
// one again by itself.
func TestPostIsSentOnce(t *testing.T) {
	t.Parallel()
	var got atomic.Int64
	c, _ := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if got.Add(1) == 1 {
			_, _ = io.WriteString(w, `{}`)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	post := func() (*Reply, error) {
		body, err := c.JSON(t.Context(), map[string]string{"prompt": "p"})
		if err != nil {
			t.Fatal(err)
		}
		return c.Post(t.Context(), "images", body)
	}
	reply, err := post()
	if err != nil {
		t.Fatal(err)
	}
	var v struct{}
	if err := reply.JSON(&v); err != nil {
		t.Fatal(err)
	}
	_, err = post()
	if e := fault(t, err); e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe {
		t.Errorf("a lost answer is %s, billed %s", e.Class, e.Billed)
	}
	if got.Load() != 2 {
		t.Errorf("the server read %d requests, want 2", got.Load())
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	c, err := New(Options{Provider: "test", Base: "http://" + address, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Post(t.Context(), "images?key=SECRET", nil)
	if e := fault(t, err); e.Class != providers.Transient || e.Billed != providers.BilledNo || strings.Contains(e.Error(), "SECRET") {
		t.Errorf("a call that could not connect: %v, billed %s", e, e.Billed)
	}
}

func TestAHungCallIsUnknown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := serve(t, Options{}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	body, err := c.JSON(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Post(ctx, "images", body)
	if e := fault(t, err); e.Class != providers.UnknownCall || !errors.Is(err, context.Canceled) {
		t.Errorf("given up after the request was written: %v", e)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		body   string
		header http.Header
		class  providers.Class
		billed providers.Billed
		wait   time.Duration
	}{
		{400, `{"error":"x"}`, nil, providers.BadRequest, providers.BilledNo, 0},
		{401, `{}`, nil, providers.Auth, providers.BilledNo, 0},
		{402, ``, nil, providers.Auth, providers.BilledNo, 0},
		{403, ``, nil, providers.Auth, providers.BilledNo, 0},
		{422, `{}`, nil, providers.BadRequest, providers.BilledNo, 0},
		{429, ``, http.Header{"Retry-After": {"7"}}, providers.RateLimited, providers.BilledNo, 7 * time.Second},
		{429, ``, http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"2"}}, providers.RateLimited, providers.BilledNo, 1500 * time.Millisecond},
		{429, ``, http.Header{"X-Ratelimit-Remaining-Images": {"0"}, "X-Ratelimit-Reset-Images": {"12s"}}, providers.RateLimited, providers.BilledNo, 12 * time.Second},
		{500, `{"error":{}}`, nil, providers.Transient, providers.BilledNo, 0},
		{500, `<html>`, nil, providers.UnknownCall, providers.BilledMaybe, 0},
		{502, ``, nil, providers.UnknownCall, providers.BilledMaybe, 0},
		{503, `<html>`, http.Header{"Retry-After": {"3"}}, providers.Transient, providers.BilledNo, 3 * time.Second},
		{504, `gateway`, nil, providers.UnknownCall, providers.BilledMaybe, 0},
		{302, ``, http.Header{"Location": {"http://127.0.0.1/"}}, providers.BadRequest, providers.BilledNo, 0},
	}
	for _, tt := range tests {
		c, _ := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), tt.header)
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		reply, err := c.Post(t.Context(), "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if e := reply.Refusal(nil); e.Class != tt.class || e.Billed != tt.billed || e.Wait != tt.wait {
			t.Errorf("%d %q: %s, billed %s, wait %v; want %s, %s, %v", tt.status, tt.body, e.Class, e.Billed, e.Wait, tt.class, tt.billed, tt.wait)
		}
	}
}

func TestUnreadableAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", `{"b64":"`, `{"a":` + strings.Repeat(" ", maxSmall), strings.Repeat(`"`+strings.Repeat("x", 1000)+`"`, 5000)} {
		c, _ := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		for _, tt := range []struct {
			ask   func() (*Reply, error)
			class providers.Class
		}{
			{func() (*Reply, error) { return c.Post(t.Context(), "x", nil) }, providers.UnknownCall},
			{func() (*Reply, error) { return c.Ask(t.Context(), http.MethodGet, "x", nil) }, providers.Transient},
		} {
			reply, err := tt.ask()
			if err != nil {
				t.Fatal(err)
			}
			var v map[string]any
			if e := fault(t, reply.JSON(&v)); e.Class != tt.class {
				t.Errorf("%.20q is %s, want %s", body, e.Class, tt.class)
			}
		}
	}
}

func TestMaxReply(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, Options{MaxReply: 1 << 20}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"b64":"`+strings.Repeat("A", 2<<20)+`"}`)
	})
	reply, err := c.Post(t.Context(), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ B64 string }
	if e := fault(t, reply.JSON(&v)); !errors.Is(e, errTooLarge) {
		t.Errorf("an answer beyond its limit: %v", e)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	cdn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a key was sent to the network that delivers")
		}
		switch r.URL.Path {
		case "/inside":
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, "https://example.com/x.png", http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		case "/busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/large":
			_, _ = w.Write(make([]byte, 3000))
		default:
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, "png")
		}
	}))
	defer cdn.Close()
	at, _ := url.Parse(cdn.URL)
	c, _ := serve(t, Options{
		Header: http.Header{"Authorization": {"k"}}, Trusted: []string{at.Host}, Results: []string{"*.cdn.example"}, MaxImage: 2000,
	}, nil)
	tests := []struct {
		address string
		class   providers.Class // "" works
	}{
		{cdn.URL + "/ok.png", ""},
		{cdn.URL + "/gone", providers.Lost},
		{cdn.URL + "/busy", providers.Transient},
		{cdn.URL + "/inside", providers.Transient},
		{cdn.URL + "/elsewhere", providers.Transient},
		{"http://127.0.0.1:1/x.png", providers.NoOutput},
		{"http://a.cdn.example/x.png", providers.NoOutput}, // not over TLS
		{"https://user@a.cdn.example/x.png", providers.NoOutput},
		{"https://cdn.example.evil.test/x.png", providers.NoOutput},
		{"file:///etc/passwd", providers.NoOutput},
		{"://", providers.NoOutput},
	}
	for _, tt := range tests {
		body, kind, err := c.Download(t.Context(), tt.address)
		if tt.class != "" {
			if e := fault(t, err); e.Class != tt.class {
				t.Errorf("%s: %s, want %s", tt.address, e.Class, tt.class)
			}
			continue
		}
		text, readErr := io.ReadAll(body)
		_ = body.Close()
		if err != nil || readErr != nil || string(text) != "png" || kind != "image/png" {
			t.Errorf("%s: %q %s, %v %v", tt.address, text, kind, err, readErr)
		}
	}
	body, _, err := c.Download(t.Context(), cdn.URL+"/large")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); !errors.Is(err, errTooLarge) || n != 2000 {
		t.Errorf("%d bytes, %v; want the limit and an error", n, err)
	}
}

// TestNamesThatLeadInside dials a listed name whose address is not public.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Provider: "test", Base: "https://api.example", Results: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = c.Download(t.Context(), "https://localhost:9/x.png")
	if !errors.Is(err, errPrivate) {
		t.Errorf("%v, want a refusal to speak to a private address", err)
	}
	for _, ip := range []string{
		"10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "100.64.0.1", "0.0.0.0", "::ffff:10.0.0.1", "64:ff9b::a00:1", "255.255.255.255",
		"172.31.0.1", "192.168.1.1", "224.0.0.1", "ff02::1", "::", "fe80::1%eth0", "::ffff:169.254.169.254", "0.1.2.3", "198.19.0.1",
		"168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", // metadata of clouds
		"::7f00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "2001:0:a00:1::1", "fec0::1", "100::1",
	} {
		if public(netip.MustParseAddr(ip)) {
			t.Errorf("%s counts as public", ip)
		}
	}
	for _, ip := range []string{"93.184.216.34", "::ffff:93.184.216.34", "2606:2800:220:1::1", "2001:db8::1", "2a00:1450::1", "172.32.0.1", "100.128.0.1"} {
		if !public(netip.MustParseAddr(ip)) {
			t.Errorf("%s does not count as public", ip)
		}
	}
}

// TestPublicReachesNothingInside asks, in every way of writing it, for a server of this machine. The address is judged where it is dialed:
// no name can lead elsewhere between a look and a call.
func TestPublicReachesNothingInside(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	}))
	defer srv.Close()
	c := Public()
	if c.Transport.(*http.Transport).Proxy != nil {
		t.Error("calls would go through a proxy, which reaches what it likes")
	}
	port := srv.Listener.Addr().(*net.TCPAddr).Port
	ask := func(host string) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s:%d/", host, port), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.8.8.8", "[::127.0.0.1]", "169.254.169.254"} {
		if err := ask(host); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", host, err)
		}
	}
	var group sync.WaitGroup
	for _, host := range []string{"127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "①②⑦.⓪.⓪.①"} { // some resolvers know these
		group.Go(func() {
			if ask(host) == nil {
				t.Errorf("%s answered", host)
			}
		})
	}
	group.Wait()
	if reached.Load() != 0 {
		t.Errorf("it was reached %d times", reached.Load())
	}
	open := Public() // a stranger's server, as it were
	open.Transport = srv.Client().Transport
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := open.Do(req)
	if err != nil || res.StatusCode != http.StatusFound || reached.Load() != 1 {
		t.Fatalf("%v, reached %d times", err, reached.Load())
	}
	_ = res.Body.Close()
}

func TestOwnAddresses(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Provider: "test", Base: "https://api.bfl.example/v1", Own: []string{"*.bfl.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for address, ok := range map[string]bool{
		"get_result": true,
		"https://api.us1.bfl.example/v1/get?id=1":  true,
		"https://bfl.example.evil.test/v1/get":     false,
		"http://api.us1.bfl.example/v1/get":        false,
		"https://user:pw@api.us1.bfl.example/v1/g": false,
	} {
		if _, err := c.address(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "api.example.com", "ftp://x", "https://", "https://key@api.example.com", "://"} {
		if _, err := New(Options{Provider: "test", Base: base}); err == nil || strings.Contains(err.Error(), "key@") {
			t.Errorf("%q: %v", base, err)
		}
	}
}
