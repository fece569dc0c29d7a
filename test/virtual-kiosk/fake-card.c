// A sound card that is not there, for programs that use ALSA: it plays into a file and records from one, in real time.
//
// The configuration of a PCM has: folder (where its files are), rate_hz, playout_channels, capture_channels, ppm (how much faster its
// crystal is than this machine's clock). Files in the folder, made by whoever tests:
//   capture.f32          what the microphone hears, interleaved 32-bit float, from its beginning at every start, again and again
//   unplugged            the card is gone: whoever opens it or uses it is told ENODEV
//   busy, forbidden      whoever opens it is told EBUSY, or EACCES
//   stalled              its clock stands still and nobody is told
// Files that it makes: played.f32 as above, and events.log with one event a line:
//   <what> <playout|capture> <nanoseconds of CLOCK_MONOTONIC> <sample frames in played.f32, or recorded since the start>
#include <alsa/asoundlib.h>
#include <alsa/control_external.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define RING_FRAMES 65536
#define MAX_CHANNELS 8
#define WAKE_NS 2000000L

struct card {
	snd_pcm_ioplug_t io;
	char folder[PATH_MAX];
	unsigned channels;
	double rate;
	int is_playout, lock_fd, log_fd, data_fd, timer_fd;
	int runs;
	long long started_ns, advanced_ns, stalled_ns, stood_ns;
	// Sample frames since prepare.
	long long hw, appl, committed;
	long long file_frames;
	snd_pcm_uframes_t boundary, avail_min, stop_threshold;
	float *ring, *source;
	long long source_frames;
};

static long long now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int is_set(const struct card *card, const char *name)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof path, "%s/%s", card->folder, name);
	return access(path, F_OK) == 0;
}

static int open_file(const struct card *card, const char *name, int flags)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof path, "%s/%s", card->folder, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static void tell(struct card *card, const char *what, long long at_ns, long long frames)
{
	char line[160];
	int length = snprintf(line, sizeof line, "%s %s %lld %lld\n", what, card->is_playout ? "playout" : "capture", at_ns, frames);
	if (write(card->log_fd, line, length) != length)
		card->log_fd = -1;
}

// What was played up to there goes to the file; where nothing was written in time, silence.
static void commit(struct card *card, long long upto)
{
	float frames[512 * MAX_CHANNELS];
	while (card->is_playout && card->committed < upto) {
		int count = 0;
		for (; count < 512 && card->committed < upto; count++, card->committed++) {
			float *to = frames + count * card->channels;
			float *from = card->ring + (card->committed % RING_FRAMES) * card->channels;
			if (card->committed < card->appl)
				memcpy(to, from, card->channels * sizeof(float));
			else
				memset(to, 0, card->channels * sizeof(float));
		}
		size_t bytes = count * card->channels * sizeof(float);
		if (write(card->data_fd, frames, bytes) == (ssize_t)bytes)
			card->file_frames += count;
	}
}

// Let the card's time go on until now.
static void advance(struct card *card)
{
	long long at = now_ns();
	if (!card->runs || is_set(card, "unplugged"))
		return;
	if (is_set(card, "stalled")) {
		if (!card->stalled_ns)
			card->stalled_ns = at;
		return;
	}
	if (card->stalled_ns) {
		card->stood_ns += at - card->stalled_ns;
		card->stalled_ns = 0;
	}
	card->advanced_ns = at;
	card->hw = (long long)((at - card->started_ns - card->stood_ns) * 1e-9 * card->rate);
	if (card->is_playout && card->hw > card->appl && card->stop_threshold <= card->io.buffer_size)
		commit(card, card->appl);
	else
		commit(card, card->hw);
}

static int has_xrun(const struct card *card)
{
	if (card->stop_threshold > card->io.buffer_size)
		return 0;
	return card->is_playout ? card->hw > card->appl : card->hw - card->appl > (long long)card->io.buffer_size;
}

static long long available(const struct card *card)
{
	return card->is_playout ? (long long)card->io.buffer_size - (card->appl - card->hw) : card->hw - card->appl;
}

static void halt(struct card *card, const char *why)
{
	if (!card->runs)
		return;
	card->runs = 0;
	tell(card, why, card->advanced_ns, card->is_playout ? card->file_frames : card->hw);
}

static int on_start(snd_pcm_ioplug_t *io)
{
	struct card *card = io->private_data;
	if (is_set(card, "unplugged"))
		return -ENODEV;
	card->started_ns = card->advanced_ns = now_ns();
	card->stalled_ns = card->stood_ns = 0;
	card->runs = 1;
	tell(card, "start", card->started_ns, card->is_playout ? card->file_frames : 0);
	return 0;
}

static int on_stop(snd_pcm_ioplug_t *io)
{
	struct card *card = io->private_data;
	advance(card);
	halt(card, "stop");
	return 0;
}

static snd_pcm_sframes_t on_pointer(snd_pcm_ioplug_t *io)
{
	struct card *card = io->private_data;
	advance(card);
	if (is_set(card, "unplugged")) {
		halt(card, "unplugged");
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
	} else if (card->runs && has_xrun(card)) {
		halt(card, "xrun");
		return -EPIPE;
	}
	return card->hw % card->boundary;
}

static snd_pcm_sframes_t on_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset,
				     snd_pcm_uframes_t size)
{
	struct card *card = io->private_data;
	if (is_set(card, "unplugged"))
		return -ENODEV;
	for (snd_pcm_uframes_t i = 0; i < size; i++, card->appl++) {
		for (unsigned channel = 0; channel < card->channels; channel++) {
			const snd_pcm_channel_area_t *area = areas + channel;
			char *at = (char *)area->addr + (area->first + (offset + i) * area->step) / 8;
			if (card->is_playout) {
				// What comes after its time was never heard.
				if (card->appl < card->committed)
					continue;
				card->ring[(card->appl % RING_FRAMES) * card->channels + channel] =
					io->format == SND_PCM_FORMAT_S16_LE ? *(int16_t *)at / 32768.0f : *(float *)at;
			} else {
				float sample = card->source_frames
						       ? card->source[(card->appl % card->source_frames) * card->channels + channel]
						       : 0;
				if (io->format == SND_PCM_FORMAT_S16_LE)
					*(int16_t *)at = sample >= 1 ? 32767 : sample <= -1 ? -32768 : (int16_t)(sample * 32768);
				else
					*(float *)at = sample;
			}
		}
	}
	return size;
}

static void load_source(struct card *card)
{
	struct stat about;
	int fd = open_file(card, "capture.f32", O_RDONLY);
	free(card->source);
	card->source = NULL;
	card->source_frames = 0;
	if (fd < 0)
		return;
	if (fstat(fd, &about) == 0 && about.st_size > 0 && (card->source = malloc(about.st_size))) {
		ssize_t got = read(fd, card->source, about.st_size);
		card->source_frames = got > 0 ? got / (ssize_t)(card->channels * sizeof(float)) : 0;
	}
	close(fd);
}

static int on_prepare(snd_pcm_ioplug_t *io)
{
	struct card *card = io->private_data;
	if (is_set(card, "unplugged"))
		return -ENODEV;
	halt(card, "stop");
	card->hw = card->appl = card->committed = 0;
	if (!card->is_playout)
		load_source(card);
	return 0;
}

static int on_drain(snd_pcm_ioplug_t *io)
{
	struct card *card = io->private_data;
	const struct timespec pause = {0, WAKE_NS};
	// A stalled card is given up after twice of what it can hold.
	long long until = now_ns() + (long long)(2e9 * io->buffer_size / card->rate) + 100000000LL;
	if (!card->is_playout)
		return 0;
	if (!card->runs && card->appl > 0)
		on_start(io);
	while (card->runs && card->hw < card->appl && now_ns() < until) {
		if (is_set(card, "unplugged"))
			return -ENODEV;
		nanosleep(&pause, NULL);
		advance(card);
	}
	return 0;
}

static int on_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
	struct card *card = io->private_data;
	snd_pcm_sw_params_get_boundary(params, &card->boundary);
	snd_pcm_sw_params_get_avail_min(params, &card->avail_min);
	snd_pcm_sw_params_get_stop_threshold(params, &card->stop_threshold);
	return 0;
}

static int on_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned int nfds, unsigned short *revents)
{
	struct card *card = io->private_data;
	uint64_t ticks;
	(void)nfds;
	*revents = 0;
	if (pfd[0].revents & POLLIN && read(card->timer_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
		return -errno;
	if (is_set(card, "unplugged")) {
		halt(card, "unplugged");
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
		*revents = POLLERR;
		return 0;
	}
	advance(card);
	if (available(card) >= (long long)card->avail_min || has_xrun(card))
		*revents = card->is_playout ? POLLOUT : POLLIN;
	return 0;
}

static int on_close(snd_pcm_ioplug_t *io)
{
	struct card *card = io->private_data;
	advance(card);
	halt(card, "stop");
	for (int *fd = (int[]){card->lock_fd, card->log_fd, card->data_fd, card->timer_fd, -2}; *fd != -2; fd++)
		if (*fd >= 0)
			close(*fd);
	free(card->ring);
	free(card->source);
	free(card);
	return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
	.start = on_start,
	.stop = on_stop,
	.pointer = on_pointer,
	.transfer = on_transfer,
	.close = on_close,
	.sw_params = on_sw_params,
	.prepare = on_prepare,
	.drain = on_drain,
	.poll_revents = on_poll_revents,
};

static int constrain(snd_pcm_ioplug_t *io, unsigned rate, unsigned channels)
{
	// Converters on top want to map the buffer, which the library then does for a plugin.
	static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_RW_NONINTERLEAVED,
					  SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_MMAP_NONINTERLEAVED};
	static const unsigned formats[] = {SND_PCM_FORMAT_S16_LE, SND_PCM_FORMAT_FLOAT_LE};
	unsigned most = 4 * channels * RING_FRAMES / 2;
	int err;
	if ((err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 4, access)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 2, formats)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, channels, channels)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, rate, rate)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 2 * channels * 32, most / 2)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 2 * channels * 64, most)) < 0 ||
	    (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64)) < 0)
		return err;
	return 0;
}

static int refusal(const struct card *card)
{
	if (is_set(card, "unplugged"))
		return -ENODEV;
	if (is_set(card, "forbidden"))
		return -EACCES;
	if (is_set(card, "busy"))
		return -EBUSY;
	return 0;
}

SND_PCM_PLUGIN_DEFINE_FUNC(earshot_card)
{
	snd_config_iterator_t i, next;
	const char *folder = NULL;
	long rate = 48000, playout_channels = 2, capture_channels = 2, ppm = 0;
	snd_config_for_each(i, next, conf) {
		snd_config_t *entry = snd_config_iterator_entry(i);
		const char *id;
		if (snd_config_get_id(entry, &id) < 0)
			continue;
		if (!strcmp(id, "folder"))
			snd_config_get_string(entry, &folder);
		else if (!strcmp(id, "rate_hz"))
			snd_config_get_integer(entry, &rate);
		else if (!strcmp(id, "playout_channels"))
			snd_config_get_integer(entry, &playout_channels);
		else if (!strcmp(id, "capture_channels"))
			snd_config_get_integer(entry, &capture_channels);
		else if (!strcmp(id, "ppm"))
			snd_config_get_integer(entry, &ppm);
	}
	struct card *card = calloc(1, sizeof *card);
	if (!card || !folder)
		return free(card), -EINVAL;
	snprintf(card->folder, sizeof card->folder, "%s", folder);
	card->is_playout = stream == SND_PCM_STREAM_PLAYBACK;
	card->channels = card->is_playout ? playout_channels : capture_channels;
	card->rate = rate * (1 + ppm * 1e-6);
	card->lock_fd = card->log_fd = card->data_fd = card->timer_fd = -1;
	card->avail_min = 1;
	card->boundary = LONG_MAX;
	card->ring = calloc(RING_FRAMES * card->channels, sizeof(float));
	int err = card->channels < 1 || card->channels > MAX_CHANNELS || !card->ring ? -EINVAL : refusal(card);
	if (err < 0)
		goto failed;
	// A card has one user for each direction.
	card->lock_fd = open_file(card, card->is_playout ? "playout.lock" : "capture.lock", O_RDWR | O_CREAT);
	if (card->lock_fd < 0 || flock(card->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		err = -EBUSY;
		goto failed;
	}
	card->log_fd = open_file(card, "events.log", O_WRONLY | O_CREAT | O_APPEND);
	card->data_fd = card->is_playout ? open_file(card, "played.f32", O_WRONLY | O_CREAT | O_APPEND) : -1;
	card->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	const struct itimerspec wake = {{0, WAKE_NS}, {0, WAKE_NS}};
	if (card->log_fd < 0 || card->timer_fd < 0 || timerfd_settime(card->timer_fd, 0, &wake, NULL) < 0) {
		err = -errno;
		goto failed;
	}
	struct stat about;
	if (card->data_fd >= 0 && fstat(card->data_fd, &about) == 0)
		card->file_frames = about.st_size / (long long)(card->channels * sizeof(float));
	card->io.version = SND_PCM_IOPLUG_VERSION;
	card->io.name = "Fake sound card";
	card->io.callback = &callbacks;
	card->io.private_data = card;
	card->io.poll_fd = card->timer_fd;
	card->io.poll_events = POLLIN;
	card->io.mmap_rw = 0;
	card->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC | SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	if ((err = snd_pcm_ioplug_create(&card->io, name, stream, mode)) < 0)
		goto failed;
	if ((err = constrain(&card->io, rate, card->channels)) < 0) {
		// Its close callback releases the card.
		snd_pcm_ioplug_delete(&card->io);
		return err;
	}
	*pcmp = card->io.pcm;
	return 0;

failed:
	for (int *fd = (int[]){card->lock_fd, card->log_fd, card->data_fd, card->timer_fd, -2}; *fd != -2; fd++)
		if (*fd >= 0)
			close(*fd);
	free(card->ring);
	free(card);
	return err;
}
SND_PCM_PLUGIN_SYMBOL(earshot_card);

// A mixer without a knob. Some programs list no card whose mixer does not open.
static void on_mixer_close(snd_ctl_ext_t *mixer)
{
	free(mixer->private_data);
}

static int on_elem_count(snd_ctl_ext_t *mixer)
{
	(void)mixer;
	return 0;
}

static int on_elem_list(snd_ctl_ext_t *mixer, unsigned int offset, snd_ctl_elem_id_t *id)
{
	(void)mixer, (void)offset, (void)id;
	return -EINVAL;
}

static snd_ctl_ext_key_t on_find_elem(snd_ctl_ext_t *mixer, const snd_ctl_elem_id_t *id)
{
	(void)mixer, (void)id;
	return SND_CTL_EXT_KEY_NOT_FOUND;
}

static int on_read_event(snd_ctl_ext_t *mixer, snd_ctl_elem_id_t *id, unsigned int *mask)
{
	(void)mixer, (void)id, (void)mask;
	return -EAGAIN;
}

static const snd_ctl_ext_callback_t mixer_callbacks = {
	.close = on_mixer_close,
	.elem_count = on_elem_count,
	.elem_list = on_elem_list,
	.find_elem = on_find_elem,
	.read_event = on_read_event,
};

SND_CTL_PLUGIN_DEFINE_FUNC(earshot_card)
{
	(void)root, (void)conf;
	snd_ctl_ext_t *mixer = calloc(1, sizeof *mixer);
	if (!mixer)
		return -ENOMEM;
	mixer->version = SND_CTL_EXT_VERSION;
	mixer->card_idx = 0;
	strcpy(mixer->id, "fake");
	strcpy(mixer->driver, "fake-card");
	strcpy(mixer->name, "Fake");
	strcpy(mixer->longname, "Fake sound card");
	strcpy(mixer->mixername, "Fake");
	mixer->poll_fd = -1;
	mixer->callback = &mixer_callbacks;
	mixer->private_data = mixer;
	int err = snd_ctl_ext_create(mixer, name, mode);
	if (err < 0) {
		free(mixer);
		return err;
	}
	*handlep = mixer->handle;
	return 0;
}
SND_CTL_PLUGIN_SYMBOL(earshot_card);
