package telegram

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

const launchToken = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcK"

// launched is when every launch below was signed.
var launched = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// signLaunch signs fields as Telegram does.
func signLaunch(fields map[string]string, token string) string {
	query, lines := url.Values{}, []string(nil)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		query.Set(name, fields[name])
		lines = append(lines, name+"="+fields[name])
	}
	query.Set("hash", hex.EncodeToString(keyed(keyed([]byte("WebAppData"), token), strings.Join(lines, "\n"))))
	return query.Encode()
}

// launchOf are the fields of a launch, changed: an empty value is none.
func launchOf(change map[string]string) map[string]string {
	fields := map[string]string{
		"user": `{"id":42,"first_name":"C++ 100% Боб","language_code":"pt-br"}`, "auth_date": strconv.FormatInt(launched.Unix(), 10), "query_id": "AAH",
	}
	maps.Copy(fields, change)
	maps.DeleteFunc(fields, func(_, v string) bool { return v == "" })
	return fields
}

func TestLaunch(t *testing.T) {
	t.Parallel()
	genuine := signLaunch(launchOf(nil), launchToken)
	hash := genuine[strings.Index(genuine, "hash=")+5:][:64]
	flipped := strings.Replace(genuine, hash, "0"+hash[1:], 1)
	if hash[0] == '0' {
		flipped = strings.Replace(genuine, hash, "1"+hash[1:], 1)
	}
	at := func(d time.Duration) map[string]string {
		return map[string]string{"auth_date": strconv.FormatInt(launched.Add(d).Unix(), 10)}
	}
	signed := func(change map[string]string) string { return signLaunch(launchOf(change), launchToken) }
	tests := []struct {
		desc, data string
		want       error
	}{
		{"genuine", genuine, nil},
		{"with signature, which is signed too", signed(map[string]string{"signature": "c2lnbmF0dXJl-_"}), nil},
		{"with fields of the future", signed(map[string]string{"novelty": "1"}), nil},
		{"in another order", strings.Join(reversed(strings.Split(genuine, "&")), "&"), nil},
		{"spaces as %20", strings.ReplaceAll(genuine, "+", "%20"), nil},
		{"as old as may be", signed(at(-time.Hour)), nil},
		{"a clock that is ahead", signed(at(time.Minute)), nil},

		{"too old", signed(at(-time.Hour - time.Second)), ErrLaunchOld},
		{"from the future", signed(at(time.Minute + time.Second)), ErrLaunch},
		{"from year zero", signed(map[string]string{"auth_date": "0"}), ErrLaunchOld},
		{"from before time", signed(map[string]string{"auth_date": "-1"}), ErrLaunch},
		{"from beyond time", signed(map[string]string{"auth_date": "99999999999999999999"}), ErrLaunch},
		{"without a time", signed(map[string]string{"auth_date": ""}), ErrLaunch},

		{"empty", "", ErrLaunch},
		{"only a hash", "hash=" + hash, ErrLaunch},
		{"without a hash", strings.Replace(genuine, "hash="+hash, "", 1), ErrLaunch},
		{"flipped hash", flipped, ErrLaunch},
		{"half a hash", strings.Replace(genuine, hash, hash[:32], 1), ErrLaunch},
		{"hash that is none", strings.Replace(genuine, hash, strings.Repeat("z", 64), 1), ErrLaunch},
		{"another bot's", signLaunch(launchOf(nil), "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcX"), ErrLaunch},
		{"another person", strings.Replace(genuine, "%22id%22%3A42", "%22id%22%3A43", 1), ErrLaunch},
		{"refreshed by hand", strings.Replace(signed(at(-2*time.Hour)), strconv.FormatInt(launched.Add(-2*time.Hour).Unix(), 10), strconv.FormatInt(launched.Unix(), 10), 1), ErrLaunch},
		{"a field more", genuine + "&start_param=x", ErrLaunch},
		{"a field twice", genuine + "&query_id=AAH", ErrLaunch},
		{"a hash twice", genuine + "&hash=" + hash, ErrLaunch},
		{"the signature left out", strings.Replace(signed(map[string]string{"signature": "xyz"}), "&signature=xyz", "", 1), ErrLaunch},
		{"fields joined by a line feed", signed(map[string]string{"query_id": "AAH\nuser={}"}), ErrLaunch},
		{"fields split at a line feed", signLaunch(map[string]string{"a": "1\nauth_date=" + strconv.FormatInt(launched.Unix(), 10), "user": `{"id":1}`}, launchToken), ErrLaunch},
		{"semicolons", strings.ReplaceAll(genuine, "&", ";"), ErrLaunch},
		{"half an escape", genuine + "%", ErrLaunch},
		{"too long", signed(map[string]string{"novelty": strings.Repeat("x", maxLaunch)}), ErrLaunch},

		{"nobody", signed(map[string]string{"user": ""}), ErrLaunch},
		{"nobody's id", signed(map[string]string{"user": `{"first_name":"x"}`}), ErrLaunch},
		{"a negative id", signed(map[string]string{"user": `{"id":-42}`}), ErrLaunch},
		{"an id as text", signed(map[string]string{"user": `{"id":"42"}`}), ErrLaunch},
		{"a bot", signed(map[string]string{"user": `{"id":42,"is_bot":true}`}), ErrLaunch},
		{"no JSON", signed(map[string]string{"user": `{"id":42`}), ErrLaunch},
	}
	check := NewLaunches(launchToken, time.Hour)
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			l, err := check.Check(tt.data, launched)
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v of %s", err, tt.want, tt.data)
			}
			if err == nil && (l.User.ID != 42 || l.User.FirstName != "C++ 100% Боб" || l.User.LanguageCode != "pt-br" || l.At.IsZero()) {
				t.Errorf("read %+v", l)
			}
			if err != nil && l != (Launch{}) {
				t.Errorf("refused, and told %+v", l)
			}
		})
	}
	a, _ := check.Check(genuine, launched)
	b, _ := check.Check(strings.Replace(strings.ReplaceAll(genuine, "+", "%20"), hash, strings.ToUpper(hash), 1), launched)
	if a.Sum != b.Sum || a.Sum == [32]byte{} {
		t.Error("one launch, written in two ways, counts as two")
	}
}

func reversed(s []string) []string {
	slices.Reverse(s)
	return s
}

// The vector that the documentation of Mini Apps has everybody test with.
func TestLaunchVector(t *testing.T) {
	t.Parallel()
	const data = "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C%22last_name%22%3A%22Kibenko%22%2C" +
		"%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D&auth_date=1662771648&" +
		"hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2"
	l, err := NewLaunches("5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8", time.Hour).Check(data, time.Unix(1662771700, 0))
	if err != nil || l.User.ID != 279058397 || l.User.Username != "vdkfrost" {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestLaunchAcrossLibraries has a library of others sign for us, and check what the stand-in for Telegram signs.
func TestLaunchAcrossLibraries(t *testing.T) {
	if testing.Short() {
		t.Skip("needs nodejs and npm")
	}
	t.Parallel()
	s := telegramtest.NewTest(t)
	ann := s.Person(telegramtest.PersonConfig{FirstName: "C++ 100% Боб", LanguageCode: "de"})
	ann.Start("")
	ours := []string{ann.WebAppInitData(""), ann.WebAppInitData("gift-7")}
	check := NewLaunches(s.Token(), time.Hour)
	for _, data := range ours {
		if l, err := check.Check(data, time.Now()); err != nil || l.User.ID != ann.ID() || l.User.FirstName != "C++ 100% Боб" {
			t.Errorf("%+v, %v", l, err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/initdata")); err != nil {
		t.Fatal(err)
	}
	node(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	var theirs []string
	if err := json.Unmarshal(node(t, dir, "node", append([]string{"sign.mjs", s.Token()}, ours...)...), &theirs); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"Ann", "C++ 100%", "🦊 \"fox\"\\n"} {
		if l, err := check.Check(theirs[i], time.Now()); err != nil || l.User.FirstName != name || l.Start != "gift-7" {
			t.Errorf("%+v, %v of %s", l, err, theirs[i])
		}
	}
}

// node runs a program of Node's, and returns what it printed.
func node(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		said := ""
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			said = string(failed.Stderr)
		}
		t.Fatalf("install nodejs and npm; %s: %v\n%s%s", name, err, out, said)
	}
	return out
}

func FuzzLaunch(f *testing.F) {
	f.Add(signLaunch(launchOf(nil), launchToken), "novelty", "x")
	f.Add("hash=00&user=%7B%7D&auth_date=1", "user", `{"id":1}`)
	f.Add("a=1;b=2&&=&%zz", "", "\n")
	check, other := NewLaunches(launchToken, time.Hour), NewLaunches("1:other", time.Hour)
	f.Fuzz(func(t *testing.T, data, name, value string) {
		if l, err := other.Check(data, launched); err == nil {
			t.Errorf("nobody signed %q, and it is %+v's", data, l)
		}
		if _, err := check.Check(data, launched); err != nil && !errors.Is(err, ErrLaunch) && !errors.Is(err, ErrLaunchOld) {
			t.Errorf("%q: %v", data, err)
		}
		// What is signed holds, whatever is in it, unless it could be read in two ways.
		if name == "user" || name == "auth_date" || name == "hash" {
			return
		}
		_, err := check.Check(signLaunch(launchOf(map[string]string{name: value}), launchToken), launched)
		odd := !plain(name) || !plain(value) || strings.ContainsRune(name, '=')
		if value != "" && len(name)+len(value) < 1000 && odd == (err == nil) {
			t.Errorf("%q=%q: %v", name, value, err)
		}
	})
}
