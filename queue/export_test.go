package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Older reports whether a server version is refused.
func Older(version string) bool { return older(version, oldest) }

// Exposed reports whether a server at url would be refused for lying open.
func Exposed(t *testing.T, url string) bool {
	t.Helper()
	opts, cluster, err := parseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	r := &Redis{opts: *opts, cluster: cluster}
	return r.exposed()
}

// Soon returns a context that ends soon.
func Soon(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), 300*time.Millisecond)
}

// Conn is the patient client, for tests that look into Redis.
func (r *Redis) Conn() redis.UniversalClient { return r.patient }

// SealPayment seals as Front does.
func (k *Keys) SealPayment(hash string, bot int64, received time.Time, raw []byte) ([]byte, error) {
	return k.sealUpdate(kindPayment, hash, "", bot, received, raw)
}

// SealLane seals as Front does.
func (k *Keys) SealLane(hash, lane string, bot int64, received time.Time, raw []byte) ([]byte, error) {
	return k.sealUpdate(kindLane, hash, lane, bot, received, raw)
}

// OpenLane opens as a drain does.
func (k *Keys) OpenLane(hash, lane string, sealed []byte) (Update, error) {
	return k.openUpdate(kindLane, hash, lane, sealed)
}

// LaneKeys are the list, the items and the meta hash of a lane.
func LaneKeys(lane string) []string { return laneKeys(lane) }

// LaneIndex is the index of lanes.
const LaneIndex = laneIndex

// AckChannel is where handled updates are published.
const AckChannel = ackChannel

// Zombie is a second connection, to be closed under its user.
func (r *Redis) Zombie(t *testing.T) *Redis {
	t.Helper()
	z := &Redis{opts: r.opts, cluster: r.cluster}
	z.patient, z.brisk = z.newBrisk(), z.newBrisk()
	return z
}

// Reckon says how many processes of a pool are wanted.
func Reckon(pool string, queues map[string]Info, running, slots int, b Bounds) Scale {
	for _, p := range Pools(0, false) {
		if p.Name == pool {
			return load{p, queues, running, slots}.reckon(b)
		}
	}
	return Scale{}
}

// RosterKey is where processes say what they run.
const RosterKey = rosterKey

// Beat says something on the roster at a time.
func Beat(t *testing.T, r *Redis, name string, at time.Time, s Seat) {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.patient.HSet(t.Context(), rosterKey, name, fmt.Sprintf("%d %s", at.UnixMicro(), body)).Err(); err != nil {
		t.Fatal(err)
	}
}

// Waiting is how many changes of a record wait.
func (s *States) Waiting(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.records[key]; r != nil {
		return len(r.waiting)
	}
	return 0
}

// Records is how many records are being changed.
func (s *States) Records() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records)
}

// Remove removes a head as the owner of its lane does.
func (l *Lanes) Remove(ctx context.Context, lane, owner, hash string) error {
	_, err := (&lease{l: l, lane: lane, owner: owner}).remove(ctx, &head{hash: hash}, true)
	return err
}

// ForgetEmpty takes a lane out of the index as whoever found it empty does.
func (l *Lanes) ForgetEmpty(ctx context.Context, lane string) error { return l.forget(ctx, lane) }

// Unleased is the context of a handler under that of asynq, on a server that has stopped or has not.
func Unleased(ctx context.Context, stopped bool) (context.Context, context.CancelFunc) {
	stop := make(chan struct{})
	if stopped {
		close(stop)
	}
	return unleased(context.WithValue(ctx, stopKey{}, (<-chan struct{})(stop)), time.Minute)
}
