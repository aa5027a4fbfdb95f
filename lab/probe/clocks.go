package main

import (
	"encoding/binary"
	"net"
	"time"
)

func init() {
	register("time-protocols", timeProtocols)
	register("clock-drift", clockDrift)
	register("event-time", eventTime)
}

// since1900 is the epoch of both protocols.
var since1900 = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// rfc868 answers whatever it gets with the seconds since 1900, in four bytes, as
// the Time Protocol has it.
func rfc868(_ []byte, now time.Time) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(now.Sub(since1900)/time.Second))
}

// ntp answers a request of 48 bytes with one of 48, as RFC 5905 has it: receive
// and transmit time with fractions of a second, and the client's own time.
func ntp(request []byte, now time.Time) []byte {
	if len(request) < 48 {
		return nil
	}
	answer := make([]byte, 48)
	answer[0] = 4<<3 | 4 // version 4, server
	answer[1] = 1        // a primary server
	copy(answer[24:32], request[40:48])
	for _, at := range []int{32, 40} {
		binary.BigEndian.PutUint64(answer[at:], ntpTime(now))
	}
	return answer
}

func ntpTime(t time.Time) uint64 {
	d := t.Sub(since1900)
	seconds := uint64(d / time.Second)
	fraction := uint64(d%time.Second) << 32 / uint64(time.Second)
	return seconds<<32 | fraction
}

// A timeServer speaks a protocol on a free UDP port of the loopback interface. Its
// clock shows what the probe wants.
type timeServer struct {
	conn, client net.PacketConn
	protocol     func(request []byte, now time.Time) []byte
}

func newTimeServer(protocol func([]byte, time.Time) []byte) *timeServer {
	listen := func() net.PacketConn {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			fail(err)
		}
		return conn
	}
	return &timeServer{listen(), listen(), protocol}
}

func (s *timeServer) close() {
	s.conn.Close()
	s.client.Close()
}

// ask sends a request and returns the answer of a server whose clock shows now; it
// is empty when there is none.
func (s *timeServer) ask(request []byte, now time.Time) []byte {
	if _, err := s.client.WriteTo(request, s.conn.LocalAddr()); err != nil {
		fail(err)
	}
	packet := make([]byte, 512)
	n, from, err := s.conn.ReadFrom(packet)
	if err != nil {
		fail(err)
	}
	if answer := s.protocol(packet[:n], now); answer != nil {
		if _, err := s.conn.WriteTo(answer, from); err != nil {
			fail(err)
		}
	}
	s.client.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	n, _, err = s.client.ReadFrom(packet)
	if err != nil {
		return nil
	}
	return packet[:n]
}

// timeProtocols asks a server of RFC 868 and one of NTP, both honest and without
// delay, and measures how far off the time is that a client learns.
func timeProtocols() {
	request := make([]byte, 48)
	request[0] = 4<<3 | 3 // NTP version 4, client
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

	old := newTimeServer(rfc868)
	defer old.close()
	say("rfc868_answer_bytes", len(old.ask(request, now)))
	say("rfc868_answer_to_empty_bytes", len(old.ask(nil, now)))
	modern := newTimeServer(ntp)
	defer modern.close()
	say("ntp_answer_bytes", len(modern.ask(request, now)))
	say("ntp_answer_to_empty_bytes", len(modern.ask(nil, now)))

	// Each millisecond of a second.
	var worstOld, worstNTP time.Duration
	for ms := 0; ms < 1000; ms++ {
		at := now.Add(time.Duration(ms) * time.Millisecond)
		told := since1900.Add(time.Duration(binary.BigEndian.Uint32(old.ask(nil, at))) * time.Second)
		worstOld = longer(worstOld, at.Sub(told))
		stamp := binary.BigEndian.Uint64(modern.ask(request, at)[40:])
		told = since1900.Add(time.Duration(stamp>>32)*time.Second + time.Duration(stamp&0xffffffff*uint64(time.Second)>>32))
		worstNTP = longer(worstNTP, at.Sub(told))
	}
	say("rfc868_worst_error_ms", worstOld.Milliseconds())
	say("ntp_worst_error_ms", worstNTP.Milliseconds())
}

func longer(a, b time.Duration) time.Duration {
	if b < 0 {
		b = -b
	}
	if b > a {
		return b
	}
	return a
}

// clockDrift lets a clock run 50 millionths too fast for a day, and corrects a time
// with what wall clock and monotonic clock differ by. Both count the same
// oscillator, so the difference is when they began, and the error stays.
func clockDrift() {
	const day = 24 * time.Hour
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	counted := day + day*50/1000000 // what the oscillator made of a day
	wall, monotonic := began.Add(counted), counted

	stamp := monotonic // t, by the monotonic clock
	corrected := time.Unix(0, 0).Add(stamp + (time.Duration(wall.UnixNano()) - monotonic))
	right := began.Add(day)
	say("error_without_ms", wall.Sub(right).Milliseconds())
	say("error_with_ms", corrected.Sub(right).Milliseconds())

	// The same of this machine: over a moment, the difference does not move.
	one := time.Now()
	time.Sleep(100 * time.Millisecond)
	two := time.Now()
	byWall := two.Round(0).Sub(one.Round(0)) // Round drops the monotonic reading
	say("difference_moves", longer(0, byWall-two.Sub(one)) > 5*time.Millisecond)
}

// eventTime is what a gateway knows of an event: the time in it, and when it came.
func eventTime() {
	gap := func(skew, delay time.Duration) time.Duration {
		sent := time.Unix(1767322800, 0)
		stamped := sent.Add(skew)
		arrived := sent.Add(delay)
		return arrived.Sub(stamped)
	}
	slowClock := gap(-300*time.Millisecond, 0)
	slowNetwork := gap(0, 300*time.Millisecond)
	hidden := gap(300*time.Millisecond, 300*time.Millisecond)
	say("gap_of_slow_clock_ms", slowClock.Milliseconds())
	say("gap_of_slow_network_ms", slowNetwork.Milliseconds())
	say("clock_told_from_network", slowClock != slowNetwork)
	say("gap_of_fast_clock_behind_slow_network_ms", hidden.Milliseconds())

	// A round trip has four times; that of NTP takes the network out.
	offset := func(skew, delay time.Duration) time.Duration {
		sent := time.Unix(1767322800, 0)
		t1, t2 := sent.Add(skew), sent.Add(delay)
		t3, t4 := t2, sent.Add(2*delay+skew)
		return (t2.Sub(t1) + t3.Sub(t4)) / 2
	}
	say("round_trip_tells_clock_from_network", offset(-300*time.Millisecond, 0) != offset(0, 300*time.Millisecond))
}
