package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers"
)

// QueueView is the state of a queue.
type QueueView struct {
	Queue     string        `json:"queue"`
	Pending   int           `json:"pending"`
	Active    int           `json:"active"`
	Scheduled int           `json:"scheduled"`
	Retry     int           `json:"retry"`
	Archived  int           `json:"archived"`
	Oldest    time.Duration `json:"oldest_ns"` // age of the oldest pending task
	Processed int           `json:"processed"` // since the queue exists
	Failed    int           `json:"failed"`
	Paused    bool          `json:"paused"`
}

// Queues is what an operator sees of the queues and does to them. A process with a Redis is one, and so is another process
// behind its socket.
type Queues interface {
	Queues(ctx context.Context) ([]QueueView, error)
	// Pause has nobody take tasks of a queue, or ends that.
	Pause(ctx context.Context, queue string, paused bool) error
	// Archived lists tasks that were given up, at most limit.
	Archived(ctx context.Context, queue string, limit int) ([]queue.Archived, error)
	// Unarchive has an archived task run again or forgotten, all of them for an empty id, and says how many.
	Unarchive(ctx context.Context, queue, id string, retry bool) (int, error)
	// Again pushes an update of Telegram that was given up.
	Again(ctx context.Context, raw []byte) error
}

// queues is Queues over a Redis.
type queues struct {
	inspector *queue.Inspector
	redis     *queue.Redis
	keys      *queue.Keys
	token     string // of the bot
}

// Queues implements Queues.
func (q queues) Queues(ctx context.Context) ([]QueueView, error) {
	depth, err := q.inspector.Depth(ctx)
	all := make([]QueueView, 0, len(depth))
	for _, name := range queue.Queues() {
		i := depth[name]
		all = append(all, QueueView{name, i.Pending, i.Active, i.Scheduled, i.Retry, i.Archived, i.Oldest, i.Processed, i.Failed, i.Paused})
	}
	return all, err
}

// Pause implements Queues.
func (q queues) Pause(_ context.Context, name string, paused bool) error {
	if err := knownQueue(name); err != nil {
		return err
	}
	if paused {
		return q.inspector.Pause(name)
	}
	return q.inspector.Resume(name)
}

// knownQueue refuses a name that is none.
func knownQueue(name string) error {
	if slices.Contains(queue.Queues(), name) {
		return nil
	}
	return &workers.OperatorError{Text: fmt.Sprintf("there is no queue %q: there are %s", name, strings.Join(queue.Queues(), ", "))}
}

// Archived implements Queues.
func (q queues) Archived(ctx context.Context, name string, limit int) ([]queue.Archived, error) {
	if err := knownQueue(name); err != nil {
		return nil, err
	}
	return q.inspector.Archived(ctx, name, limit)
}

// Unarchive implements Queues.
func (q queues) Unarchive(_ context.Context, name, id string, retry bool) (int, error) {
	if err := knownQueue(name); err != nil {
		return 0, err
	}
	do := q.inspector.DeleteArchived
	if retry {
		do = q.inspector.RetryArchived
	}
	n, err := do(name, id)
	if errors.Is(err, queue.ErrNoTask) {
		err = &workers.OperatorError{Text: err.Error()}
	}
	return n, err
}

// Again implements Queues.
func (q queues) Again(ctx context.Context, raw []byte) (err error) {
	id, err := botID(q.token)
	if err != nil {
		return &workers.OperatorError{Text: "whose update this is, IMAGIKA_TELEGRAM_TOKEN has to say"}
	}
	in, ok := bot.Incoming(id, raw)
	if !ok {
		return &workers.OperatorError{Text: "this is no update of Telegram; all that can be done is to drop it"}
	}
	front := queue.NewFront(q.redis, q.keys, queue.FrontConfig{})
	defer func() { err = errors.Join(err, front.Close()) }()
	if err = front.PushAgain(ctx, in); errors.Is(err, queue.ErrAtWork) {
		return &workers.OperatorError{Text: err.Error() + "; try again in a moment"}
	}
	return err
}

// WithQueues is WithPools for queues.
func WithQueues(ctx context.Context, c config.Config, log *slog.Logger, f func(Queues) error) (err error) {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(remote)
		}
		return ErrNobody
	}
	sealer, err := openSealer(ctx, c, log)
	if err != nil {
		return err
	}
	return withRedis(ctx, c, log, func(r *queue.Redis) error {
		return f(queues{queue.NewInspector(r), r, sealer, c.TelegramToken.Reveal()})
	})
}

// openSealer opens the keys of the queue for a process beside those that work.
func openSealer(ctx context.Context, c config.Config, log *slog.Logger) (*queue.Keys, error) {
	a := &App{options: Options{Config: c, Log: log}, servers: servers{dir: c.Data}}
	if err := a.openQueueKey(ctx); err != nil {
		return nil, err
	}
	return a.sealer()
}

func (a *App) sealer() (*queue.Keys, error) {
	sealer, err := queue.NewKeys(a.servers.queueKeys...)
	if err != nil {
		return nil, fmt.Errorf("IMAGIKA_QUEUE_KEY: %w", err)
	}
	return sealer, nil
}

// toolPatience is how long a tool waits for a Redis, which whoever typed the command looks on at.
const toolPatience = 10 * time.Second

// withRedis hands f the Redis that the settings name, for as long as f runs.
func withRedis(ctx context.Context, c config.Config, log *slog.Logger, f func(*queue.Redis) error) (err error) {
	soon, cancel := context.WithTimeout(ctx, toolPatience)
	defer cancel()
	r, err := queue.Open(soon, queue.RedisConfig{URL: c.RedisURL, Password: c.RedisPassword.Reveal(), PoolSize: 4, Log: log})
	if err != nil {
		return fmt.Errorf("IMAGIKA_REDIS_URL: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return f(r)
}

// controlQueues serves Queues at the socket of the data folder.
func controlQueues(mux *http.ServeMux, q Queues) {
	mux.HandleFunc("GET /-/queues", func(w http.ResponseWriter, r *http.Request) {
		all, err := q.Queues(r.Context())
		show(w, all, err)
	})
	mux.HandleFunc("POST /-/queues/{name}/{paused}", func(w http.ResponseWriter, r *http.Request) {
		show(w, struct{}{}, q.Pause(r.Context(), r.PathValue("name"), r.PathValue("paused") == "true"))
	})
	mux.HandleFunc("GET /-/archived/{name}", func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		all, err := q.Archived(r.Context(), r.PathValue("name"), limit)
		show(w, all, err)
	})
	mux.HandleFunc("POST /-/archived/{name}", func(w http.ResponseWriter, r *http.Request) {
		n, err := q.Unarchive(r.Context(), r.PathValue("name"), r.URL.Query().Get("id"), r.URL.Query().Get("retry") == "true")
		show(w, n, err)
	})
	mux.HandleFunc("POST /-/updates", func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = q.Again(r.Context(), raw)
		}
		show(w, struct{}{}, err)
	})
}

// Queues implements Queues.
func (r *Remote) Queues(ctx context.Context) (all []QueueView, err error) {
	return all, r.read(ctx, http.MethodGet, &all, "-", "queues")
}

// Pause implements Queues.
func (r *Remote) Pause(ctx context.Context, name string, paused bool) error {
	return r.read(ctx, http.MethodPost, &struct{}{}, "-", "queues", name, strconv.FormatBool(paused))
}

// Archived implements Queues.
func (r *Remote) Archived(ctx context.Context, name string, limit int) (all []queue.Archived, err error) {
	return all, r.ask(ctx, http.MethodGet, &all, "?"+url.Values{"limit": {strconv.Itoa(limit)}}.Encode(), "-", "archived", name)
}

// Unarchive implements Queues.
func (r *Remote) Unarchive(ctx context.Context, name, id string, retry bool) (n int, err error) {
	return n, r.post(ctx, &n, url.Values{"id": {id}, "retry": {strconv.FormatBool(retry)}}, "-", "archived", name)
}

// Again implements Queues.
func (r *Remote) Again(ctx context.Context, raw []byte) error {
	body, err := r.call(ctx, http.MethodPost, string(raw), "", "-", "updates")
	if err != nil {
		return err
	}
	return body.Close()
}
