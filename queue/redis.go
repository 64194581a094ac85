package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Keys of our own in Redis, beside asynq's "asynq:*". Those of a lane share the hash tag of the lane.
const (
	lanePrefix  = "lane:{"     // lane:{<hash>}:ids, :items, :meta, :done:<update hash>
	laneIndex   = "lanes"      // sorted set: lanes that may have items, by time of the last look
	donePrefix  = "upd:"       // upd:<update hash>: a payment's update was handled
	limitPrefix = "limit:{"    // limit:{<key>}:rate, :last, :slots, :cool
	poolsPrefix = "pools:"     // pools:seen, :drain
	bodyPrefix  = "relay:{"    // relay:{<update hash>}: what a copy of a message does not carry
	ackChannel  = "upd:acks"   // update hashes, as they are handled
	sentinelKey = "lanes:seen" // gone means that Redis lost its data
)

// ACL are the rules of a Redis user that suffice: our keys, asynq's, the two kinds of channels, and no command that reads
// or empties more than that.
const ACL = "resetkeys ~asynq:* ~lane:* ~lanes* ~upd:* ~limit:* ~pools:* ~relay:* resetchannels &asynq:* &upd:* +@all -@dangerous +info"

// asynqQueues is asynq's set of known queues. A client registers a queue once in its life, so after a loss of data the
// set has to be written again by somebody; a test holds this against the Inspector.
const asynqQueues = "asynq:queues"

// oldest is the oldest server asynq works with: it archives by ZRANGE BYSCORE.
var oldest = [2]int{6, 2}

// RedisConfig says where Redis is.
type RedisConfig struct {
	// URL is redis://[user:password@]host:port[/db], rediss:// for TLS, or unix://path. Parameters addr=host:port name
	// further nodes of a cluster; one of them suffices to say that it is one, and the others are found by it.
	URL string
	// Password overrides the one in URL when it is not empty.
	Password string
	// PoolSize is the number of connections per client; zero is 44, enough for all pools in one process.
	PoolSize int
	// Log is told once if Redis is away when it is opened; nil for nobody.
	Log *slog.Logger
	// Dial connects to a node in place of the network: through a tunnel, or to a server in this process; nil is the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Redis is a connection to one Redis server or cluster: a patient client for workers, which rides out about 25 s of absence, and a
// brisk one for the front-end, which would rather not acknowledge an update than wait.
type Redis struct {
	opts    redis.Options
	cluster []string // addresses of nodes; none for a server by itself
	patient redis.UniversalClient
	brisk   redis.UniversalClient
}

// Open connects and pings. The error names neither user nor password.
func Open(ctx context.Context, cfg RedisConfig) (*Redis, error) {
	opts, cluster, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Password != "" {
		opts.Password = cfg.Password
	}
	opts.PoolSize, opts.Dialer = cfg.PoolSize, cfg.Dial
	if opts.PoolSize == 0 {
		opts.PoolSize = 44
	}
	// What goes over a connection is small, and each pool of tasks has connections of its own.
	opts.ReadBufferSize, opts.WriteBufferSize = 8<<10, 8<<10
	opts.PipelineReadBufferSize, opts.PipelineWriteBufferSize = 32<<10, 32<<10
	opts.Protocol = 2
	opts.DisableIdentity = true
	opts.ContextTimeoutEnabled = true
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	r := &Redis{opts: *opts, cluster: cluster}
	r.patient, r.brisk = r.newPatient(), r.newBrisk()
	if err := r.await(ctx, cfg.Log); err != nil {
		r.Close()
		return nil, fmt.Errorf("ping redis: %w", err)
	}
	return r, nil
}

// await pings with patience, and says that it waits where nobody answers at once: otherwise a start stands still without a word.
func (r *Redis) await(ctx context.Context, log *slog.Logger) error {
	err := r.brisk.Ping(ctx).Err()
	if err == nil {
		return nil
	}
	if _, answer := errors.AsType[redis.Error](err); !answer && log != nil && ctx.Err() == nil {
		at := r.cluster
		if len(at) == 0 {
			at = []string{r.opts.Addr}
		}
		log.WarnContext(ctx, "waiting for redis", "address", strings.Join(at, ","), "error", err)
	}
	last := r.patient.Ping(ctx).Err()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err // says why, where the last one says that time is over
	}
	return last
}

// newPatient makes a client for workers. A task that ends while Redis is away is run again by asynq, completely, unless
// its client outlasts the absence.
func (r *Redis) newPatient() redis.UniversalClient {
	opts := r.opts
	opts.MaxRetries = 30
	opts.MinRetryBackoff = 100 * time.Millisecond
	opts.MaxRetryBackoff = time.Second
	return r.newClient(opts)
}

func (r *Redis) newBrisk() redis.UniversalClient {
	opts := r.opts
	opts.MaxRetries = 3
	opts.DialTimeout = time.Second
	opts.ReadTimeout = 2 * time.Second
	opts.WriteTimeout = 2 * time.Second
	return r.newClient(opts)
}

func (r *Redis) newClient(opts redis.Options) redis.UniversalClient {
	if len(r.cluster) == 0 {
		return redis.NewClient(&opts)
	}
	return redis.NewClusterClient(clusterOptions(opts, r.cluster))
}

// Close closes both clients. Servers, fronts and everything else made from r come first.
func (r *Redis) Close() error {
	return errors.Join(r.patient.Close(), r.brisk.Close())
}

// Ping reports whether Redis answers.
func (r *Redis) Ping(ctx context.Context) error {
	if err := r.brisk.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping redis: %w", err)
	}
	return nil
}

// AsynqOpt gives asynq's own types, such as the task monitor, clients of the patient kind. Each call of MakeRedisClient
// makes a new one, which its owner closes.
func (r *Redis) AsynqOpt() asynq.RedisConnOpt { return connOpt{r} }

type connOpt struct{ r *Redis }

// MakeRedisClient implements asynq.RedisConnOpt.
func (o connOpt) MakeRedisClient() any { return o.r.newPatient() }

// Check refuses a Redis that would lose tasks or lie open: one that evicts, one that is too old, or one beyond this
// machine without a password and without TLS. What a server does not report is not checked.
func (r *Redis) Check(ctx context.Context) error {
	if r.exposed() {
		return errors.New("redis is not on this machine: it needs a password or TLS")
	}
	return r.eachNode(ctx, checkNode)
}

func checkNode(ctx context.Context, node *redis.Client) error {
	policy, err := info(ctx, node, "memory", "maxmemory_policy")
	if err != nil {
		return err
	}
	if policy != "" && policy != "noeviction" {
		return fmt.Errorf("redis evicts keys (maxmemory-policy is %s): set it to noeviction", policy)
	}
	version, err := info(ctx, node, "server", "redis_version")
	if err != nil {
		return err
	}
	if version != "" && older(version, oldest) {
		return fmt.Errorf("redis is %s: it has to be %d.%d or newer", version, oldest[0], oldest[1])
	}
	return nil
}

// SentinelMissing reports whether Redis lost its data since the last call, and sets the sentinel. Whoever sees true
// sweeps everything. The queues are registered again as well, so that the task monitor and the metrics see them.
func (r *Redis) SentinelMissing(ctx context.Context) (bool, error) {
	var set []*redis.BoolCmd
	_, err := r.patient.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range r.sentinels() {
			set = append(set, p.SetNX(ctx, key, 1, 0))
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("look for the sentinel: %w", err)
	}
	if !slices.ContainsFunc(set, (*redis.BoolCmd).Val) {
		return false, nil
	}
	return true, r.register(ctx)
}

// Clear deletes everything. It is for tests and benchmarks.
func (r *Redis) Clear(ctx context.Context) error {
	err := r.eachNode(ctx, func(ctx context.Context, node *redis.Client) error { return node.FlushAll(ctx).Err() })
	if err != nil {
		return fmt.Errorf("clear redis: %w", err)
	}
	return nil
}

func (r *Redis) register(ctx context.Context) error {
	if err := r.patient.SAdd(ctx, asynqQueues, Queues()).Err(); err != nil {
		return fmt.Errorf("register queues: %w", err)
	}
	return nil
}

// exposed reports whether Redis is beyond this machine, without a password and without TLS.
func (r *Redis) exposed() bool {
	if r.opts.Network == "unix" || r.opts.Password != "" || r.opts.TLSConfig != nil {
		return false
	}
	return slices.ContainsFunc(append(r.cluster, r.opts.Addr), beyond)
}

// beyond reports whether an address is not of this machine.
func beyond(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// info reads one field of INFO, empty if the server does not report it. CONFIG would say the same, but our ACL does not
// allow it.
func info(ctx context.Context, conn redis.UniversalClient, section, field string) (string, error) {
	text, err := conn.Info(ctx, section).Result()
	if err != nil {
		if strings.Contains(err.Error(), "is not supported") {
			return "", nil // the embedded server knows few sections
		}
		return "", fmt.Errorf("read info %s of redis: %w", section, err)
	}
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), field+":"); ok {
			return v, nil
		}
	}
	return "", nil
}

// older reports whether a dotted version is below a bound. What cannot be read is not older.
func older(version string, bound [2]int) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil {
		return false
	}
	return a < bound[0] || a == bound[0] && b < bound[1]
}

// RedirectLogs sends what go-redis logs to log, at debug level: it writes some twenty lines a second while Redis is
// away, and every failed command comes back as an error anyway. It acts on the whole process; the wiring calls it once.
func RedirectLogs(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ log *slog.Logger }

// Printf implements go-redis' logger.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis client", slog.String("detail", fmt.Sprintf(format, args...)))
}
