package ops

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/hibiken/asynqmon"
)

// Monitor shows queues and tasks under /tasks/. It changes nothing.
type Monitor struct{ pages *asynqmon.HTTPHandler }

// NewMonitor connects to the Redis of the queues. The connections opt makes must
// be its own, because [Monitor.Close] closes them.
func NewMonitor(opt asynq.RedisConnOpt) *Monitor {
	return &Monitor{pages: asynqmon.New(asynqmon.Options{
		RootPath:         "/tasks",
		RedisConnOpt:     opt,
		PayloadFormatter: asynqmon.PayloadFormatterFunc(formatPayload),
		ResultFormatter:  asynqmon.ResultFormatterFunc(formatResult),
		ReadOnly:         true,
	})}
}

// Close closes the connections to Redis.
func (m *Monitor) Close() error {
	if err := m.pages.Close(); err != nil {
		return fmt.Errorf("task monitor: %w", err)
	}
	return nil
}

// policy lets the pages do what they do, inline scripts and styles included, but
// load nothing from elsewhere: they ask for two style sheets of fonts.
const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP refuses all but reading. The pages do so too where they know the
// address, but they have no defense of their own against a forged request.
func (m *Monitor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the task monitor only reads", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if strings.HasPrefix(r.URL.Path, "/tasks/api/") {
		h.Set("Content-Type", "application/json")
	}
	m.pages.ServeHTTP(w, r)
}

// shown are the fields of payloads that may show. They hold ids and counts; ids
// of people and chats are keyed hashes.
var shown = regexp.MustCompile(`^(v|id|generation|attempt|lane|hash|conversation|epoch|k)$`)

// idForm is what such a field must look like, should one ever hold more.
var idForm = regexp.MustCompile(`^("[A-Za-z0-9_:-]{1,80}"|-?\d{1,20})$`)

// formatPayload is the type of a task and its ids. Of anything else only the
// size shows.
func formatPayload(taskType string, payload []byte) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return fmt.Sprintf("%s (%d bytes)", taskType, len(payload))
	}
	text := []string{taskType}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := string(fields[name])
		switch {
		case !shown.MatchString(name):
			text = append(text, fmt.Sprintf("(%d bytes)", len(value)))
		case idForm.MatchString(value):
			text = append(text, name+"="+strings.Trim(value, `"`))
		default:
			text = append(text, fmt.Sprintf("%s=(%d bytes)", name, len(value)))
		}
	}
	return strings.Join(text, " ")
}

func formatResult(_ string, result []byte) string {
	return fmt.Sprintf("%d bytes", len(result))
}
