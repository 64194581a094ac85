package config

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
)

var update = flag.Bool("update", false, "write .env.example")

const (
	token = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx"
	key   = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	word  = "correct-horse-battery"
)

// worker is an environment in which the worker, bot and web roles start.
func worker() []string {
	return []string{
		"IMAGIKA_REDIS_URL=redis://redis:6379",
		"IMAGIKA_QUEUE_KEY=" + key,
		"IMAGIKA_TELEGRAM_TOKEN=" + token,
		"IMAGIKA_DATABASE_URL=postgres://imagika:" + word + "@db/imagika",
		"IMAGIKA_KEYS_DATABASE_URL=postgres://imagika:" + word + "@db/imagika_keys",
		"IMAGIKA_MASTER_KEY=" + key,
		"IMAGIKA_S3_ENDPOINT=s3:7070",
		"IMAGIKA_S3_ACCESS_KEY=imagika",
		"IMAGIKA_S3_SECRET_KEY=" + word,
	}
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	got, err := Load(RoleRun, []string{"PATH=/bin", "IMAGIKA_REDIS_URL="})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Role: RoleRun, Data: "./data", IngestAck: AckSQL,
		S3Region: "us-east-1", S3Bucket: "imagika", S3TLS: true,
		TelegramAPIURL: "https://api.telegram.org", TelegramMode: ModePoll,
		OpenAIURL: "https://api.openai.com/v1", BFLURL: "https://api.bfl.ai/v1",
		CallTimeout: 150 * time.Second, PromptMax: 4000, MaxImages: 4, AskAbove: 10, WelcomeCredits: 20, Price: 1, Shop: ShopOn,
		DailyCredits: 1, DailyBonus: 1, DailyMost: 3, DailyKeep: 168 * time.Hour, Referral: 5, ReferralMonth: 10, ReferralMost: 100, GiftsPerDay: 5, GrantAlone: 1000,
		PersonParallel: 2, PersonWaiting: 20, PaidParallel: 4, PaidWaiting: 100, Brand: "Imagika", RefundWindow: 14 * 24 * time.Hour, ReconcileInterval: 24 * time.Hour, Inactive: 17520 * time.Hour, StarsUSD: 13,
		Conversations: true, ChatMinAge: 10 * time.Minute, ReportWindow: 72 * time.Hour,
		EraseGrace: 24 * time.Hour, Remember: 365 * 24 * time.Hour, BookYears: 10,
		Writers: "openai,gemini,gateway,local", OpenAIWriter: "gpt-5.4-mini", GeminiWriter: "gemini-3.1-flash-lite", PersonWords: 30,
		WebAddr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:9090", Playground: PlaygroundAuto, Visits: VisitsOn,
		LaunchAge: time.Hour, API: APIOn, APITimeout: 2 * time.Minute, ExportKeep: 24 * time.Hour, FileLinkTTL: 24 * time.Hour, StopGrace: 200 * time.Second, OTLPPercent: 100, LogFormat: FormatText,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if !got.PlaygroundEnabled() {
		t.Error("without a token, on loopback, the playground is off")
	}
}

func TestLoadRoles(t *testing.T) {
	t.Parallel()
	for _, role := range []Role{RoleRun, RoleBot, RoleWorker, RoleWeb, RoleTool} {
		got, err := Load(role, append(worker(), "IMAGIKA_POOLS=interactive=32,generate=64", "IMAGIKA_LOG_LEVEL=WARN"))
		if err != nil {
			t.Errorf("%s: %v", role, err)
			continue
		}
		if got.TelegramToken.Reveal() != token || got.Pools != "interactive=32,generate=64" || got.LogLevel != slog.LevelWarn {
			t.Errorf("%s: got %+v", role, got)
		}
		if got.PlaygroundEnabled() {
			t.Errorf("%s: playground runs beside a token", role)
		}
	}
}

func TestRequired(t *testing.T) {
	t.Parallel()
	tests := []struct {
		role    Role
		missing []string
	}{
		{RoleRun, nil},
		{RoleTool, nil},
		{RoleBot, []string{"REDIS_URL", "QUEUE_KEY", "TELEGRAM_TOKEN"}},
		{RoleWorker, []string{"REDIS_URL", "QUEUE_KEY", "TELEGRAM_TOKEN", "DATABASE_URL", "KEYS_DATABASE_URL", "MASTER_KEY", "S3_ENDPOINT"}},
		{RoleWeb, []string{"REDIS_URL", "QUEUE_KEY", "TELEGRAM_TOKEN", "DATABASE_URL", "KEYS_DATABASE_URL", "MASTER_KEY", "S3_ENDPOINT"}},
	}
	for _, tt := range tests {
		_, err := Load(tt.role, nil)
		var got []string
		for line := range strings.Lines(text(err)) {
			name, _, _ := strings.Cut(line, " is not set: "+string(tt.role)+" needs it")
			got = append(got, strings.TrimPrefix(name, prefix))
		}
		if diff := cmp.Diff(tt.missing, got); diff != "" {
			t.Errorf("%s lacks (-want +got):\n%s", tt.role, diff)
		}
	}
	if _, err := Load("cook", nil); err == nil {
		t.Error("an unknown role was accepted")
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc    string
		environ []string
		want    string
	}{
		{"typo", []string{"IMAGIKA_PRIZE=2"}, "IMAGIKA_PRIZE is not a setting; did you mean IMAGIKA_PRICE?"},
		{"other word", []string{"IMAGIKA_TELEGRAM_BOT_TOKEN=" + token}, "IMAGIKA_TELEGRAM_BOT_TOKEN is not a setting; did you mean IMAGIKA_TELEGRAM_TOKEN?"},
		{"no near one", []string{"IMAGIKA_BREAKFAST_TABLE=x"}, "IMAGIKA_BREAKFAST_TABLE is not a setting"},
		{"two, in order", []string{"IMAGIKA_ZZZZZZ=1", "IMAGIKA_DATUM=1"}, "IMAGIKA_DATUM is not a setting; did you mean IMAGIKA_DATA?\nIMAGIKA_ZZZZZZ is not a setting"},
		{"file of what is no secret", []string{"IMAGIKA_MODEL_FILE=x"}, "IMAGIKA_MODEL_FILE is not a setting; did you mean IMAGIKA_MODEL?"},
		{"no number", []string{"IMAGIKA_PRICE=much"}, `IMAGIKA_PRICE="much": want a whole number from 0 to 100000`},
		{"below", []string{"IMAGIKA_PERSON_PARALLEL=0"}, `IMAGIKA_PERSON_PARALLEL="0": want a whole number from 1 to 100`},
		{"above", []string{"IMAGIKA_PROMPT_MAX=20001"}, `IMAGIKA_PROMPT_MAX="20001": want a whole number from 1 to 20000`},
		{"too large for the type", []string{"IMAGIKA_PROMPT_MAX=99999999999999999999"}, `IMAGIKA_PROMPT_MAX="99999999999999999999": want a whole number from 1 to 20000`},
		{"no unit", []string{"IMAGIKA_CALL_TIMEOUT=150"}, `IMAGIKA_CALL_TIMEOUT="150": want a duration from 1s to 30m, such as 150s`},
		{"too long", []string{"IMAGIKA_LOCAL_DELAY=11m"}, `IMAGIKA_LOCAL_DELAY="11m0s": want a duration from 0s to 10m, such as 0s`},
		{"word", []string{"IMAGIKA_INGEST_ACK=never"}, `IMAGIKA_INGEST_ACK="never": want sql or enqueue`},
		{"level", []string{"IMAGIKA_LOG_LEVEL=loud"}, `IMAGIKA_LOG_LEVEL="loud": want debug, info, warn or error`},
		{"bool", []string{"IMAGIKA_S3_TLS=maybe"}, `IMAGIKA_S3_TLS="maybe": want true or false`},
		{"address", []string{"IMAGIKA_WEB_ADDR=8080"}, `IMAGIKA_WEB_ADDR="8080": want host:port, such as 127.0.0.1:8080`},
		{"port", []string{"IMAGIKA_WEB_ADDR=:80800"}, `IMAGIKA_WEB_ADDR=":80800": want host:port, such as 127.0.0.1:8080`},
		{"redis scheme", []string{"IMAGIKA_REDIS_URL=redis:6379"}, `IMAGIKA_REDIS_URL="redis:6379": want redis://host:port or rediss://host:port, and /number of a database where it has one, without a password`},
		{"redis by name", []string{"IMAGIKA_REDIS_URL=redis://redis:6379/main"}, `IMAGIKA_REDIS_URL="redis://redis:6379/main": want redis://host:port or rediss://host:port, and /number of a database where it has one, without a password`},
		{"redis with password", []string{"IMAGIKA_REDIS_URL=redis://:" + word + "@redis"}, `IMAGIKA_REDIS_URL=<not shown>: want redis://host:port or rediss://host:port, and /number of a database where it has one, without a password`},
		{"not postgres", []string{"IMAGIKA_DATABASE_URL=mysql://u:" + word + "@db/x"}, `IMAGIKA_DATABASE_URL=<secret>: want postgres://user:password@host:port/database`},
		{"no database", []string{"IMAGIKA_DATABASE_URL=postgres://u:" + word + "@db/"}, `IMAGIKA_DATABASE_URL=<secret>: want postgres://user:password@host:port/database`},
		{"s3 with scheme", []string{"IMAGIKA_S3_ENDPOINT=https://s3", "IMAGIKA_S3_ACCESS_KEY=a", "IMAGIKA_S3_SECRET_KEY=b"}, `IMAGIKA_S3_ENDPOINT="https://s3": want host or host:port, without a scheme`},
		{"short key", []string{"IMAGIKA_MASTER_KEY=" + word}, `IMAGIKA_MASTER_KEY=<secret>: want 32 bytes in base64 (openssl rand -base64 32), or several with commas between`},
		{"no token", []string{"IMAGIKA_TELEGRAM_TOKEN=" + word}, `IMAGIKA_TELEGRAM_TOKEN=<secret>: want a bot token (digits, a colon, at least 30 letters, digits, _ or -)`},
		{"token in the address", []string{"IMAGIKA_TELEGRAM_API_URL=ftp://h/bot" + token + "/"}, `IMAGIKA_TELEGRAM_API_URL="ftp://h/bot<token>/": want an http:// or https:// address, without a password`},
		{"half of S3", []string{"IMAGIKA_S3_ACCESS_KEY=a"}, "IMAGIKA_S3_ENDPOINT is not set, but IMAGIKA_S3_ACCESS_KEY is: want all of IMAGIKA_S3_ENDPOINT, IMAGIKA_S3_ACCESS_KEY, IMAGIKA_S3_SECRET_KEY or none\n" +
			"IMAGIKA_S3_SECRET_KEY is not set, but IMAGIKA_S3_ACCESS_KEY is: want all of IMAGIKA_S3_ENDPOINT, IMAGIKA_S3_ACCESS_KEY, IMAGIKA_S3_SECRET_KEY or none"},
		{"half a webhook", []string{"IMAGIKA_TELEGRAM_MODE=webhook", "IMAGIKA_TELEGRAM_WEBHOOK_URL=https://h/x"}, "IMAGIKA_TELEGRAM_WEBHOOK_SECRET is not set: IMAGIKA_TELEGRAM_MODE=webhook needs it"},
		{"webhook while polling", []string{"IMAGIKA_TELEGRAM_WEBHOOK_URL=https://h/x"}, "IMAGIKA_TELEGRAM_WEBHOOK_URL is of no use: set IMAGIKA_TELEGRAM_MODE=webhook, or drop it"},
		{"plain webhook", []string{"IMAGIKA_TELEGRAM_MODE=webhook", "IMAGIKA_TELEGRAM_WEBHOOK_URL=http://h/x", "IMAGIKA_TELEGRAM_WEBHOOK_SECRET=" + word}, "IMAGIKA_TELEGRAM_WEBHOOK_URL must start with https:// for IMAGIKA_TELEGRAM_API_URL=https://api.telegram.org"},
		{"playground with a token", []string{"IMAGIKA_PLAYGROUND=on", "IMAGIKA_TELEGRAM_TOKEN=" + token}, "IMAGIKA_PLAYGROUND must not be on while IMAGIKA_TELEGRAM_TOKEN is set: drop one of them"},
		{"playground for all", []string{"IMAGIKA_PLAYGROUND=on", "IMAGIKA_WEB_ADDR=0.0.0.0:8080"}, "IMAGIKA_PLAYGROUND must not be on unless IMAGIKA_WEB_ADDR is a loopback address, such as 127.0.0.1:8080"},
		{"playground elsewhere", []string{"IMAGIKA_PLAYGROUND=on", "IMAGIKA_TELEGRAM_API_URL=http://127.0.0.1:1"}, "IMAGIKA_PLAYGROUND must not be on while IMAGIKA_TELEGRAM_API_URL is set: it brings its own"},
		{"nobody to talk with", []string{"IMAGIKA_WEB_ADDR=0.0.0.0:0"}, "IMAGIKA_TELEGRAM_TOKEN is not set, and the playground, which needs none, runs only on a loopback IMAGIKA_WEB_ADDR, such as 127.0.0.1:8080"},
		{"a name that may be anywhere", []string{"IMAGIKA_WEB_ADDR=imagika.example:8080"}, "IMAGIKA_TELEGRAM_TOKEN is not set, and the playground, which needs none, runs only on a loopback IMAGIKA_WEB_ADDR, such as 127.0.0.1:8080"},
		{"neither a token nor a playground", []string{"IMAGIKA_PLAYGROUND=off"}, "IMAGIKA_TELEGRAM_TOKEN is not set, and IMAGIKA_PLAYGROUND, which needs none, is off"},
		{
			"keys beside data",
			[]string{"IMAGIKA_DATABASE_URL=postgres://a:b@DB/x?sslmode=disable", "IMAGIKA_KEYS_DATABASE_URL=postgres://c:d@db:5432/x"},
			"IMAGIKA_KEYS_DATABASE_URL must not be the database of IMAGIKA_DATABASE_URL: keys need one of their own",
		},
		{"grace", []string{"IMAGIKA_CALL_TIMEOUT=5m"}, "IMAGIKA_STOP_GRACE=3m20s: want at least 5m30s, which is IMAGIKA_CALL_TIMEOUT and 30s more"},
		{"password", []string{"IMAGIKA_ADMIN_PASSWORD=short"}, "IMAGIKA_ADMIN_PASSWORD=<secret>: want at least 12 characters"},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			_, err := Load(RoleRun, tt.environ)
			if diff := cmp.Diff(tt.want, text(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if _, ok := errors.AsType[*SettingError](err); !ok {
				t.Errorf("%v holds no SettingError", err)
			}
		})
	}
}

func TestPlayground(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc    string
		role    Role
		environ []string
		want    bool
	}{
		{"on", RoleRun, []string{"IMAGIKA_PLAYGROUND=on", "IMAGIKA_WEB_ADDR=[::1]:0"}, true},
		{"localhost", RoleRun, []string{"IMAGIKA_WEB_ADDR=localhost:8080"}, true},
		{"off", RoleRun, []string{"IMAGIKA_PLAYGROUND=off", "IMAGIKA_TELEGRAM_TOKEN=" + token}, false},
		{"token", RoleRun, []string{"IMAGIKA_TELEGRAM_TOKEN=" + token}, false},
		{"everywhere", RoleRun, []string{"IMAGIKA_WEB_ADDR=:8080", "IMAGIKA_TELEGRAM_TOKEN=" + token}, false},
		{"tool", RoleTool, nil, false},
		{"tool elsewhere", RoleTool, []string{"IMAGIKA_WEB_ADDR=:8080"}, false},
	}
	for _, tt := range tests {
		got, err := Load(tt.role, tt.environ)
		if err != nil || got.PlaygroundEnabled() != tt.want {
			t.Errorf("%s: got %v, %v, want %v", tt.desc, got.PlaygroundEnabled(), err, tt.want)
		}
	}
	if _, err := Load(RoleWorker, append(worker(), "IMAGIKA_PLAYGROUND=on")); err == nil {
		t.Error("a worker has a playground")
	}
}

// TestTwoAddresses: the site and the operators' pages have a port each, where both listen.
func TestTwoAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role       Role
		web, admin string
		mode       string
		fine       bool
	}{
		{RoleRun, "", "127.0.0.1:8080", "", false},
		{RoleRun, "", "localhost:8080", "", false},
		{RoleRun, "", ":8080", "", false},
		{RoleRun, "127.0.0.1:9000", "0.0.0.0:9000", "", false},
		{RoleRun, "[::1]:9000", "127.0.0.1:9000", "", true},
		{RoleRun, "127.0.0.1:9000", "127.0.0.2:9000", "", true},
		{RoleRun, "127.0.0.1:0", "127.0.0.1:0", "", true},
		{RoleWeb, "0.0.0.0:9090", "", "", false},
		{RoleBot, "0.0.0.0:9090", "", ModeWebhook, false},
		{RoleBot, "0.0.0.0:9090", "", ModePoll, true},
		{RoleWorker, "0.0.0.0:9090", "", "", true},
		{RoleTool, "0.0.0.0:9090", "", "", true},
	} {
		environ := append(worker(), "IMAGIKA_WEB_ADDR="+tt.web, "IMAGIKA_ADMIN_ADDR="+tt.admin, "IMAGIKA_TELEGRAM_MODE="+tt.mode)
		if tt.mode == ModeWebhook {
			environ = append(environ, "IMAGIKA_TELEGRAM_WEBHOOK_URL=https://h/x", "IMAGIKA_TELEGRAM_WEBHOOK_SECRET="+word)
		}
		_, err := Load(tt.role, environ)
		if (err == nil) != tt.fine || err != nil && !strings.HasPrefix(text(err), "IMAGIKA_ADMIN_ADDR must not have the port of IMAGIKA_WEB_ADDR=") {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// TestPublicURL: whatever stands below the site is put behind its address.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://imagika.example": "https://imagika.example", "https://imagika.example/": "https://imagika.example", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
		"http://[::1]:8080/": "http://[::1]:8080", "": "",
	} {
		if c, err := Load(RoleRun, []string{"IMAGIKA_PUBLIC_URL=" + value}); err != nil || c.PublicURL != want {
			t.Errorf("%s: %q, %v", value, c.PublicURL, err)
		}
	}
	for _, value := range []string{
		"https://imagika.example/paint", "https://imagika.example//", "https://imagika.example?a=b", "https://imagika.example/?", "https://imagika.example#top",
		"https://imagika.example#", "https://me@imagika.example", "ftp://imagika.example", "imagika.example", "https://", "https:///x",
	} {
		if c, err := Load(RoleRun, []string{"IMAGIKA_PUBLIC_URL=" + value}); err == nil || !strings.Contains(err.Error(), "without a path") {
			t.Errorf("%s is %q, %v", value, c.PublicURL, err)
		}
	}
}

// TestLists are the settings with commas between: whoever mistypes a network must not believe everybody.
func TestLists(t *testing.T) {
	t.Parallel()
	c, err := Load(RoleRun, []string{"IMAGIKA_TRUSTED_PROXIES=10.0.0.0/8, 2001:db8::7,", "IMAGIKA_VISIT_SOURCES=newsletter, spring_poster"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Proxies(), c.Sources()); got != "[10.0.0.0/8 2001:db8::7/128] [newsletter spring_poster]" {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{
		"IMAGIKA_TRUSTED_PROXIES=10.0.0.1/8", "IMAGIKA_TRUSTED_PROXIES=10.0.0.0/33", "IMAGIKA_TRUSTED_PROXIES=proxy", "IMAGIKA_TRUSTED_PROXIES=10.0.0.0-10.0.0.9",
		"IMAGIKA_VISIT_SOURCES=other", "IMAGIKA_VISIT_SOURCES=example.com", "IMAGIKA_VISIT_SOURCES=poster1", "IMAGIKA_VISIT_SOURCES=Poster", "IMAGIKA_VISITS=maybe",
	} {
		if _, err := Load(RoleRun, []string{wrong}); err == nil || !strings.Contains(text(err), "want ") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestSignInIsWholeAndPrivate(t *testing.T) {
	t.Parallel()
	whole := []string{
		"IMAGIKA_OIDC_ISSUER=https://oauth.telegram.org", "IMAGIKA_OIDC_CLIENT_ID=42", "IMAGIKA_OIDC_CLIENT_SECRET=hush", "IMAGIKA_PUBLIC_URL=https://imagika.example",
	}
	if _, err := Load(RoleRun, whole); err != nil {
		t.Error(err)
	}
	for i := range whole {
		name, _, _ := strings.Cut(whole[i], "=")
		if _, err := Load(RoleRun, slices.Delete(slices.Clone(whole), i, i+1)); err == nil || !strings.Contains(text(err), name+" is not set") {
			t.Errorf("without %s: %v", name, err)
		}
	}
	for issuer, fine := range map[string]bool{"http://127.0.0.1:9000": true, "http://oauth.telegram.org": false, "telegram": false} {
		if _, err := Load(RoleRun, append(whole[1:len(whole):len(whole)], "IMAGIKA_OIDC_ISSUER="+issuer)); (err == nil) != fine {
			t.Errorf("issuer %s: %v", issuer, err)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const twin = "IMAGIKA_TELEGRAM_TOKEN_FILE"
	tests := []struct {
		desc    string
		environ []string
		want    string // of the error
	}{
		{"read", []string{twin + "=" + write("ok", token+"\r\n")}, ""},
		{"both", []string{twin + "=" + write("ok2", token), "IMAGIKA_TELEGRAM_TOKEN=" + token}, "IMAGIKA_TELEGRAM_TOKEN and " + twin + " are both set: want one of them"},
		{"absent", []string{twin + "=" + token}, twin + " is of no use: no such file or directory"},
		{"folder", []string{twin + "=" + dir}, twin + " is of no use: is a directory"},
		{"empty", []string{twin + "=" + write("empty", "\n")}, twin + " is of no use: the file is empty"},
		{"large", []string{twin + "=" + write("large", strings.Repeat("x", 70<<10))}, twin + " is of no use: the file is larger than 65536 bytes"},
		{"wrong content", []string{twin + "=" + write("wrong", word)}, "IMAGIKA_TELEGRAM_TOKEN=<secret>: want a bot token (digits, a colon, at least 30 letters, digits, _ or -)"},
	}
	for _, tt := range tests {
		got, err := Load(RoleRun, tt.environ)
		if text(err) != tt.want {
			t.Errorf("%s: got error %q, want %q", tt.desc, text(err), tt.want)
		}
		if tt.want == "" && got.TelegramToken.Reveal() != token {
			t.Errorf("%s: got %q", tt.desc, got.TelegramToken.Reveal())
		}
	}
}

// TestNoSecretShows prints, logs and encodes a configuration full of secrets, and
// breaks each of them in turn.
func TestNoSecretShows(t *testing.T) {
	t.Parallel()
	c, err := Load(RoleWorker, worker())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+verb, c, &c)
		fmt.Fprintf(&b, verb, struct{ hidden Secret }{c.MasterKey})
	}
	for _, format := range []string{FormatText, FormatJSON} {
		NewLogger(&b, slog.LevelInfo, format).Info("settings", "config", c, "secret", c.MasterKey, "both", []Secret{c.MasterKey})
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(encoded)
	for _, s := range settings() {
		if s.secret {
			_, err := Load(RoleWorker, append(worker(), s.name+"=!"+word+key+token))
			fmt.Fprintln(&b, err)
		}
	}
	for _, secret := range []string{token, key, word} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%q shows in:\n%s", secret, b.String())
		}
	}
	if !strings.Contains(b.String(), mask) {
		t.Error("nothing says that there is a secret")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	got, err := NewSecret(key + ", " + key).Keys()
	if err != nil || len(got) != 2 || string(got[1]) != "01234567890123456789012345678901" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := (Secret{}).Keys(); got != nil || err != nil {
		t.Errorf("no secret: got %q, %v", got, err)
	}
	if _, err := NewSecret(key + ",").Keys(); err == nil {
		t.Error("an empty key was accepted")
	}
	if !NewSecret(key).Equal(NewSecret(key)) || NewSecret(key).Equal(Secret{}) {
		t.Error("Equal is wrong")
	}
}

// TestSettings holds the tags against each other: a default must be accepted, a
// bound must be readable, help must be there.
func TestSettings(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range settings() {
		if !strings.HasPrefix(s.name, prefix) || seen[s.name] || strings.HasSuffix(s.name, fileSuffix) {
			t.Errorf("%s: name %q", s.field, s.name)
		}
		seen[s.name] = true
		if !strings.HasSuffix(s.help, ".") {
			t.Errorf("%s: help %q is no sentence", s.name, s.help)
		}
		if s.form != "" && formOf(s.form).want == "" {
			t.Errorf("%s: unknown form %q", s.name, s.form)
		}
		if (s.min == "") != (s.max == "") {
			t.Errorf("%s: one bound", s.name)
		}
		if number := s.kind.Kind() == reflect.Int || s.kind.Kind() == reflect.Int64; number && s.min == "" && s.oneOf == nil {
			t.Errorf("%s: a number without bounds", s.name)
		}
		if s.secret && s.fallback != "" {
			t.Errorf("%s: a secret by default", s.name)
		}
	}
}

// A link to an export works once: that it was used is known for as long as any of them works.
func TestExportsAndTheirLinks(t *testing.T) {
	t.Parallel()
	for _, s := range settings() {
		if s.name != "IMAGIKA_EXPORT_KEEP" {
			continue
		}
		if most, err := time.ParseDuration(s.max); err != nil || most >= storage.LinksKept {
			t.Errorf("exports are kept for %s, %v, and the use of a link for %s", most, err, storage.LinksKept)
		}
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	const path = "../../../.env.example"
	if *update {
		if err := os.WriteFile(path, []byte(Example()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Example(), string(got)); diff != "" {
		t.Errorf(".env.example is behind; run go test ./cmd/internal/config -update (-want +got):\n%s", diff)
	}
}

// TestExampleLoads sets everything the example names.
func TestExampleLoads(t *testing.T) {
	t.Parallel()
	var environ []string
	for line := range strings.Lines(Example()) {
		if name, ok := strings.CutPrefix(line, "#IMAGIKA_"); ok {
			environ = append(environ, prefix+strings.TrimSpace(name))
		}
	}
	if len(environ) != len(settings()) {
		t.Errorf("the example has %d settings of %d", len(environ), len(settings()))
	}
	got, err := Load(RoleRun, environ)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load(RoleRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the example is not the default (-want +got):\n%s", diff)
	}
}
