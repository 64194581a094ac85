package keys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// LogKeyTime is how long a key makes the ids that stand in logs. It is kept as long again, so that what was written down lately
// still finds its person, and destroyed: from then on nobody can say whom an old line is about.
const LogKeyTime = 30 * 24 * time.Hour

const logPrefix = "log:"

// logKeys are the keys of ids in logs: those of this period and of the one before, which is nil where there was none.
type logKeys struct {
	mu          sync.Mutex
	period      int64
	now, before []byte
	retry       time.Time
}

// LogIDs returns what stands for something in logs and on the screens of operators, 16 hex digits: the first is that of today,
// others are older ones that were used less than LogKeyTime ago. All processes agree on them.
func (s *Store) LogIDs(of string) []string {
	l := &s.logs
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := s.now(); now.UnixNano()/int64(LogKeyTime) != l.period && !now.Before(l.retry) {
		if err := s.turnLogKeys(context.Background()); err != nil {
			l.retry = now.Add(time.Minute) // the old key serves on
			s.log.Warn("the key of ids in logs cannot be changed yet", "error", err)
		}
	}
	ids := []string{logID(l.now, of)}
	if l.before != nil {
		ids = append(ids, logID(l.before, of))
	}
	return ids
}

func logID(key []byte, of string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(of))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// turnLogKeys makes or reads the key of this period and destroys those of periods before the last.
func (s *Store) turnLogKeys(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	period := s.now().UnixNano() / int64(LogKeyTime)
	now, err := s.loadSecret(ctx, logName(period))
	if err != nil {
		return err
	}
	var before []byte
	switch wrapped, err := s.readSecret(ctx, logName(period-1)); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	default:
		if before, err = s.ring.unwrap(secretPlace(logName(period-1)), wrapped); err != nil {
			return err
		}
	}
	s.logs.period, s.logs.now, s.logs.before = period, now, before
	return s.dropLogKeys(ctx, period-1)
}

func logName(period int64) string { return logPrefix + strconv.FormatInt(period, 10) }

// dropLogKeys destroys the keys of periods before the first one that is kept.
func (s *Store) dropLogKeys(ctx context.Context, first int64) error {
	all, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	for _, one := range all {
		text, ok := strings.CutPrefix(one.name, logPrefix)
		if period, failed := strconv.ParseInt(text, 10, 64); !ok || failed != nil || period >= first {
			continue
		}
		if _, err := s.db.ExecContext(ctx, `DELETE FROM index_keys WHERE name = $1`, one.name); err != nil {
			return fmt.Errorf("keys: destroy the key of old logs: %w", err)
		}
		if err := s.forgetBytes(ctx); err != nil {
			return err
		}
	}
	return nil
}
