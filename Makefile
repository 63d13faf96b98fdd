# SPDX-License-Identifier: EUPL-1.2
# Pli's build: one Makefile, no recursion, folders listed once, dependency files from the compiler.
#   make              programs into build/bin (PROFILE=release, the default; PROFILE=dev: ASan, UBSan, warnings are errors, build-dev/)
#   make check        unit tests (dev profile), about a minute once built, no root    T=mime/ runs one folder, T=mime/scan one file
#   make test         everything: packages, both profiles, unit tests, pytest; ends with "N passed, N failed, N skipped"
#   make demo         a report goes from a hospital to a doctor, step by step
#   make fuzz         every fuzzer for FUZZ_SECONDS (60)        make bench      measurements
#   make install      DESTDIR= PREFIX=/usr                      make deps       what building and running need
#   make fmt lint     clang-format on touched .c files (headers are laid out by hand); architecture, manual pages, scripts
.DEFAULT_GOAL := all
PROFILE ?= release
BUILD   ?= $(if $(filter dev,$(PROFILE)),build-dev,$(if $(filter fuzz,$(PROFILE)),build-fuzz,build))
CC      ?= gcc
PYTHON  := /usr/bin/python3

.DEFAULT_GOAL := all

# ---- flags ----
WARN     := -Wall -Wextra -Wformat=2 -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wwrite-strings -Wpointer-arith
HARDEN   := -fstack-protector-strong -fPIE -fno-plt -fcf-protection
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ifeq ($(PROFILE),dev)
  OPT := -O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DPLI_DEV=1
  # gold, which is in binutils, links a test in half the time; there are two hundred
  LDOPT := -fsanitize=address,undefined $(shell $(CC) -fuse-ld=gold -Wl,--version 2>/dev/null | grep -q gold && echo -fuse-ld=gold)
else ifeq ($(PROFILE),fuzz)
  OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
  LDOPT := -fsanitize=fuzzer,address,undefined
  WARN += -Wno-missing-prototypes -Wno-format-nonliteral
else
  OPT := -O2 -g -D_FORTIFY_SOURCE=3
endif
CPPFLAGS += -I. -D_GNU_SOURCE -DPLI_VERSION='"$(shell cat VERSION)"' $(shell pkg-config --cflags-only-I libxml-2.0 2>/dev/null) $(shell pkg-config --cflags xmlsec1-openssl 2>/dev/null)
CFLAGS   += -std=c11 $(OPT) $(WARN) $(HARDEN) -MMD -MP
LDFLAGS  += $(LDOPT) $(LDHARDEN)

# ---- folders, each a library of its .c files (tests, fuzzers and mains apart) ----
LIB_DIRS := base proto mime crypto policies extract store trust directory publish flow admin
SUB_proto     := proto/smtp proto/imap proto/sasl proto/proxy
SUB_crypto    := crypto/seal crypto/pki crypto/cms crypto/tls crypto/keyd/client
SUB_directory := directory/schema directory/import
SUB_store     := store/wire store/client
SUB_trust     := trust/wire trust/index trust/client trust/list
sources = $(filter-out %_test.c %_fuzz.c %_main.c,$(wildcard $(addsuffix /*.c,$(1) $(SUB_$(1)))))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
# "ar q" replaces nothing: two folders may have files of the same name.
define LIB_RULE
LIB_$(1) := $(BUILD)/lib/lib$(1).a
$$(LIB_$(1)): $$(call objects,$$(call sources,$(1)))
	@mkdir -p $$(@D); rm -f $$@; ar qcsD $$@ $$^
endef
$(foreach d,$(LIB_DIRS),$(eval $(call LIB_RULE,$(d))))
L0 := $(LIB_base)
L1 := $(LIB_proto) $(LIB_mime) $(LIB_crypto) $(LIB_policies)
L2 := $(LIB_extract) $(LIB_store) $(LIB_trust) $(LIB_directory) $(LIB_publish)
L3 := $(LIB_flow) $(LIB_admin)

# ---- which library is in which program: short, written out, so that it can be read ----
S_base := -lseccomp -lpthread
S_ssl  := -lcrypto
S_tls  := -lgnutls
S_z    := -lz
S_mime := -lunistring -llz4
S_ldap := -lldap -llber -lunistring
S_db   := -ldb-5.3
S_conf := -lconfuse -ljansson
S_xml  := -lxmlsec1-openssl -lxmlsec1 -lxml2
S_web  := -lcurl-gnutls
S_dns  := -lcares
S_etpan := -letpan
S_csv := -lcsv
S_idn := -lidn2
S_sodium := -lsodium
S_argon := -largon2
S_http := -lmicrohttpd -lqrencode -lxml2
PROGRAMS := pli pli-smtpd pli-imapd pli-httpd pli-relayd pli-stored pli-keyd pli-dird pli-trustd pli-pubd
DIRS_pli        := pli pli/cmd pli/doctor pli/super
DIRS_pli-smtpd  := smtpd
DIRS_pli-imapd  := imapd imapd/cmd
DIRS_pli-httpd  := httpd
DIRS_pli-relayd := relayd
DIRS_pli-stored := store/stored store/ops store/check store/segments store/db
DIRS_pli-keyd   := crypto/keyd
DIRS_pli-dird   := directory/dird
DIRS_pli-trustd := trust/trustd trust/fetch
DIRS_pli-pubd   := publish/pubd
LIBS_pli        := $(L3) $(L2) $(L1) $(L0)
LIBS_pli-smtpd  := $(LIB_flow) $(L2) $(L1) $(L0)
LIBS_pli-imapd  := $(LIB_flow) $(L2) $(L1) $(L0)
LIBS_pli-httpd  := $(LIB_flow) $(L2) $(L1) $(L0)
LIBS_pli-relayd := $(LIB_flow) $(L2) $(L1) $(L0)
LIBS_pli-stored := $(LIB_store) $(LIB_crypto) $(L0)
LIBS_pli-keyd   := $(LIB_crypto) $(L0)
LIBS_pli-trustd := $(LIB_trust) $(LIB_policies) $(LIB_crypto) $(L0)
LIBS_pli-pubd   := $(LIB_publish) $(LIB_directory) $(LIB_policies) $(LIB_crypto) $(L0)
LIBS_pli-dird   := $(LIB_directory) $(LIB_trust) $(LIB_policies) $(LIB_crypto) $(L0)
SYS_pli         := $(S_idn) $(S_etpan) $(S_csv) $(S_conf) $(S_xml) $(S_tls) $(S_ssl) $(S_mime) $(S_ldap) $(S_base)
SYS_pli-smtpd   := $(S_idn) $(S_tls) $(S_ssl) $(S_mime) $(S_base)
SYS_pli-imapd   := $(S_idn) $(S_z) $(S_tls) $(S_ssl) $(S_mime) $(S_base)
SYS_pli-httpd   := $(S_http) $(S_idn) $(S_tls) $(S_ssl) $(S_base)
SYS_pli-relayd  := $(S_idn) $(S_etpan) $(S_dns) $(S_tls) $(S_ssl) $(S_mime) $(S_base)
SYS_pli-stored  := $(S_db) $(S_ssl) $(S_base)
SYS_pli-keyd    := $(S_tls) $(S_ssl) $(S_base)
SYS_pli-trustd  := $(S_idn) $(S_web) $(S_xml) $(S_tls) $(S_ssl) -lunistring $(S_base)
SYS_pli-pubd    := $(S_idn) $(S_web) -ljansson $(S_tls) $(S_ssl) $(S_base)
SYS_pli-dird    := $(S_idn) $(S_ldap) $(S_sodium) $(S_argon) $(S_ssl) $(S_base)

# A program is its folder's .c files; one that has no source yet is left out (until every room is furnished).
prog_src = $(filter-out %_test.c %_fuzz.c,$(wildcard $(addsuffix /*.c,$(DIRS_$(1)))))
HAVE := $(foreach p,$(PROGRAMS),$(if $(call prog_src,$(p)),$(p)))
all: $(foreach d,$(LIB_DIRS),$(LIB_$(d))) $(addprefix $(BUILD)/bin/,$(HAVE))
define PROG_RULE
$(BUILD)/bin/$(1): $$(call objects,$$(call prog_src,$(1))) $$(LIBS_$(1))
	@mkdir -p $$(@D)
	@echo "  LD $$@"; $$(CC) $$(LDFLAGS) -o $$@ $$(call objects,$$(call prog_src,$(1))) -Wl,--start-group $$(LIBS_$(1)) -Wl,--end-group $$(SYS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROG_RULE,$(p))))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# ---- unit tests: x_test.c beside x.c, one program each, linked with its own folder's objects and the levels below ----
T ?=
TESTS := $(filter $(T)%,$(patsubst ./%,%,$(shell find $(LIB_DIRS) smtpd imapd httpd relayd pli -name '*_test.c' 2>/dev/null)))
TEST_BINS := $(patsubst %.c,$(BUILD)/test/%,$(TESTS))
# the objects of the program whose folder a test stands in, without its main
prog_of = $(strip $(foreach p,$(PROGRAMS),$(if $(filter $(patsubst %/,%,$(dir $(1))),$(DIRS_$(p))),$(p))))
own_objs = $(call objects,$(filter-out %/main.c,$(call prog_src,$(call prog_of,$(1)))))
is_lib_dir = $(filter $(patsubst %/,%,$(dir $(1))),$(LIB_DIRS) $(foreach d,$(LIB_DIRS),$(SUB_$(d))))
.SECONDEXPANSION:
$(BUILD)/test/%_test: $(BUILD)/obj/%_test.o $$(if $$(call is_lib_dir,$$*),,$$(call own_objs,$$*.c)) $(L3) $(L2) $(L1) $(L0)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(L3) $(L2) $(L1) $(L0) -Wl,--end-group \
	  $(S_tls) $(S_ssl) $(S_mime) $(S_ldap) $(S_db) $(S_conf) $(S_xml) $(S_web) $(S_dns) $(S_etpan) $(S_csv) $(S_idn) $(S_z) $(S_http) $(S_sodium) $(S_argon) -lcmocka $(S_base)
# what only tests run, never installed
TEST_TOOLS := $(addprefix $(BUILD)/test/tests/lib/,keys_dump forge_summary import_accounts read_lists fill_queue find_host store_clock)
$(TEST_TOOLS): $(BUILD)/test/%: $(BUILD)/obj/%.o $(L3) $(L2) $(L1) $(L0)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(L3) $(L2) $(L1) $(L0) -Wl,--end-group $(S_tool) $(S_ssl) $(S_mime) $(S_ldap) $(S_idn) $(S_base)
$(BUILD)/test/tests/lib/read_lists: S_tool := $(S_xml) $(S_tls)
$(BUILD)/test/tests/lib/find_host: S_tool := $(S_dns)
$(BUILD)/test/tests/lib/find_host: $(call objects,relayd/finder.c relayd/finder_dns.c relayd/finder_connect.c relayd/channel.c)
$(BUILD)/test/tests/lib/store_clock: S_tool := $(S_db)
$(BUILD)/test/tests/lib/store_clock: $(call objects,$(filter-out %_test.c %_fuzz.c,$(wildcard store/db/*.c)))
$(BUILD)/test/tests/lib/keys_dump: $(BUILD)/obj/crypto/keyd/slot_keys.o
test-tools: $(TEST_TOOLS)
unit-programs: $(TEST_BINS)
# Goes on after a failure, the compiler's too: what does not build counts as failed. The program of an earlier build is taken away then, for it
# would pass in its place.
unit:
	@$(MAKE) --no-print-directory -k PROFILE=$(PROFILE) BUILD=$(BUILD) unit-programs || \
	  $(MAKE) --no-print-directory -k -n PROFILE=$(PROFILE) BUILD=$(BUILD) unit-programs 2>/dev/null | \
	  sed -n 's/.*echo "  LD \([^"]*_test\)".*/\1/p' | xargs -r rm -f
	@$(PYTHON) tests/lib/runner.py unit --build $(BUILD) $(TEST_BINS)
# The shape of the house is looked at while the unit tests run.
ARCH = { $(PYTHON) -B -m pytest -q -p no:cacheprovider tests/arch >build-dev/arch.out 2>&1; echo $$? >build-dev/arch.status; }
check:
	@mkdir -p build-dev; $(if $(T),,$(ARCH) &) \
	$(MAKE) --no-print-directory PROFILE=dev unit; status=$$?; wait; \
	$(if $(T),,cat build-dev/arch.out; [ "$$(cat build-dev/arch.status)" = 0 ] || status=1;) exit $$status
test: test-deps
	@$(MAKE) --no-print-directory PROFILE=release all test-tools
	@$(MAKE) --no-print-directory PROFILE=dev all test-tools
	@$(MAKE) --no-print-directory -k PROFILE=dev unit-programs || true
	@$(MAKE) --no-print-directory PROFILE=dev test-run
test-run:
	@$(PYTHON) tests/lib/runner.py all --build $(BUILD) $(TEST_BINS)

# ---- fuzzers: x_fuzz.c beside x.c, by clang, each linked as its unit test is ----
FUZZ_SECONDS ?= 60
FUZZERS := $(filter $(T)%,$(patsubst ./%,%,$(shell find $(LIB_DIRS) smtpd imapd httpd relayd pli -name '*_fuzz.c' 2>/dev/null)))
FUZZ_BINS := $(patsubst %.c,$(BUILD)/fuzz/%,$(FUZZERS))
$(BUILD)/fuzz/%_fuzz: $(BUILD)/obj/%_fuzz.o $$(if $$(call is_lib_dir,$$*),,$$(call own_objs,$$*.c)) $(L3) $(L2) $(L1) $(L0)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(L3) $(L2) $(L1) $(L0) -Wl,--end-group \
	  $(S_tls) $(S_ssl) $(S_mime) $(S_ldap) $(S_db) $(S_conf) $(S_xml) $(S_web) $(S_dns) $(S_etpan) $(S_csv) $(S_idn) $(S_http) $(S_sodium) $(S_argon) $(S_base)
fuzz-programs: $(FUZZ_BINS)
fuzz-run:
	@$(PYTHON) tests/lib/fuzz.py $(FUZZ_SECONDS) $(FUZZ_BINS)
fuzz:
	@packaging/deps build fuzz
	@$(MAKE) --no-print-directory -k PROFILE=fuzz CC=clang fuzz-programs || true
	@$(MAKE) --no-print-directory PROFILE=fuzz CC=clang fuzz-run

# ---- people ----
deps:
	@packaging/deps build run
test-deps:
	@packaging/deps build run test
	@packaging/deps --unpack build/peers
demo: test-deps
	@$(MAKE) --no-print-directory PROFILE=release all
	@tests/demo/run
bench:
	@packaging/deps build run bench
	@$(MAKE) --no-print-directory PROFILE=release all
	@bench/run

$(BUILD)/bench/store_%: $(BUILD)/obj/bench/store_%.o $(LIB_store) $(LIB_crypto) $(LIB_base)
	@mkdir -p $(@D)
	@echo "  LD $@"; $(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIB_store) $(LIB_crypto) $(LIB_base) -Wl,--end-group $(S_tls) $(S_ssl) $(S_base)

# ---- install: pli for people, the daemons it starts out of the way, manual pages ----
PREFIX ?= /usr
MAN_PAGES := $(wildcard man/*.[1-8])
UNITS := $(wildcard packaging/*.service packaging/*.socket packaging/*.target)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/pli $(DESTDIR)$(PREFIX)/share/doc/pli
	install -m 755 $(BUILD)/bin/pli $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(filter $(BUILD)/bin/pli-%,$(addprefix $(BUILD)/bin/,$(HAVE))) $(DESTDIR)$(PREFIX)/libexec/pli/
	install -m 644 $(wildcard README.md INSTALL LICENSE CHANGELOG.md) $(DESTDIR)$(PREFIX)/share/doc/pli/
	install -m 755 packaging/publish-fhir $(DESTDIR)$(PREFIX)/share/doc/pli/
	for m in $(MAN_PAGES); do install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/} || exit 1; done
	for u in $(UNITS); do install -D -m 644 $$u $(DESTDIR)$(PREFIX)/lib/systemd/system/$${u##*/} || exit 1; done

# ---- tidiness ----
TOUCHED = $(shell { git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } | grep '[.]c$$')
fmt:
	@$(if $(TOUCHED),clang-format -i $(TOUCHED),true)
lint:
	@$(PYTHON) -B -m pytest -q -p no:cacheprovider tests/arch
	@$(if $(MAN_PAGES),mandoc -T lint -W warning $(MAN_PAGES),true)
	@$(if $(TOUCHED),clang-format --dry-run -Werror $(TOUCHED),true)

clean:
	rm -rf build build-dev build-fuzz
.PHONY: all unit unit-programs test-tools check test test-run fuzz fuzz-programs fuzz-run deps test-deps demo bench install fmt lint clean
.SECONDARY:
# the schema files that the assembler takes into texts.o
$(BUILD)/obj/directory/schema/texts.o: $(wildcard directory/schema/*.in directory/schema/*.schema)
$(BUILD)/obj/httpd/texts.o: $(wildcard httpd/texts/*)
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
