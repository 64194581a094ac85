package telegram

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Launch is how somebody opened the Mini App: what Telegram's documentation calls initData, signed with the bot's token
// (core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app).
type Launch struct {
	User User
	At   time.Time // when Telegram signed it
	// Start is what stood behind startapp= in the link, empty without one.
	Start string
	// Sum is the signature: it tells one launch from another, however its text is escaped and ordered.
	Sum [sha256.Size]byte
}

var (
	// ErrLaunch means that a launch was not signed by Telegram for this bot, or names nobody who could use it.
	ErrLaunch = errors.New("telegram: launch of the Mini App is not genuine")
	// ErrLaunchOld means that it is genuine, and too old to be believed that its person sits before it.
	ErrLaunchOld = errors.New("telegram: launch of the Mini App is too old")
)

const (
	// maxLaunch is the most bytes of a launch. A name and the title of a chat, all escaped, need less than half of it.
	maxLaunch = 8 << 10
	// launchSkew is how far Telegram's clock may be ahead of ours.
	launchSkew = time.Minute
)

// Launches checks launches of one bot's Mini App.
type Launches struct {
	key []byte
	age time.Duration
}

// NewLaunches checks for the bot with that token, and takes launches up to an age.
func NewLaunches(token string, age time.Duration) *Launches {
	return &Launches{key: keyed([]byte("WebAppData"), token), age: age}
}

// Check returns what a launch says, if Telegram said so at most an age ago. The error is ErrLaunch or ErrLaunchOld.
func (l *Launches) Check(initData string, now time.Time) (Launch, error) {
	fields, ok := launchFields(initData)
	if !ok || !l.genuine(fields) {
		return Launch{}, ErrLaunch
	}
	launch, ok := readLaunch(fields)
	switch {
	case !ok, launch.At.After(now.Add(launchSkew)):
		return Launch{}, ErrLaunch
	case launch.At.Before(now.Add(-l.age)):
		return Launch{}, ErrLaunchOld
	}
	return launch, nil
}

// launchField is one of its parts, unescaped once.
type launchField struct{ name, value string }

// launchFields takes a launch apart. Whatever could be read in two ways is refused: a name that comes twice, or a line feed,
// which in what is signed stands between the fields.
func launchFields(initData string) ([]launchField, bool) {
	if len(initData) > maxLaunch {
		return nil, false
	}
	query, err := url.ParseQuery(initData)
	if err != nil {
		return nil, false
	}
	fields := make([]launchField, 0, len(query))
	for name, values := range query {
		if len(values) != 1 || !plain(name) || strings.ContainsRune(name, '=') || !plain(values[0]) {
			return nil, false
		}
		fields = append(fields, launchField{name, values[0]})
	}
	slices.SortFunc(fields, func(a, b launchField) int { return cmp.Compare(a.name, b.name) })
	return fields, true
}

// plain reports whether a text is without control characters.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// genuine reports whether the fields were signed with our token. The field signature is among what is signed here; only
// those who do not know the token leave it out.
func (l *Launches) genuine(fields []launchField) bool {
	var lines []string
	for _, f := range fields {
		if f.name != "hash" {
			lines = append(lines, f.name+"="+f.value)
		}
	}
	sum, err := hex.DecodeString(launchValue(fields, "hash"))
	return err == nil && hmac.Equal(sum, keyed(l.key, strings.Join(lines, "\n")))
}

// readLaunch reads fields that are genuine. It reports false if nobody can use it: no person, or a bot.
func readLaunch(fields []launchField) (launch Launch, ok bool) {
	at, err := strconv.ParseUint(launchValue(fields, "auth_date"), 10, 40)
	if err != nil || json.Unmarshal([]byte(launchValue(fields, "user")), &launch.User) != nil {
		return launch, false
	}
	launch.At, launch.Start = time.Unix(int64(at), 0).UTC(), launchValue(fields, "start_param")
	if _, err := hex.Decode(launch.Sum[:], []byte(launchValue(fields, "hash"))); err != nil {
		return launch, false
	}
	return launch, launch.User.ID > 0 && !launch.User.IsBot
}

func launchValue(fields []launchField, name string) string {
	for _, f := range fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
