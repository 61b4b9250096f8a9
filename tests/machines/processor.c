/* Makes CPUID answer as another processor would, so that libraries choose other code.

Loaded by the dynamic linker (LD_AUDIT), which shows every object before any of its code runs.
Each CPUID instruction in it (their places are given, see processors.py) gets a breakpoint as its
first byte; the handler answers. No processor, kernel or hypervisor has to support that, as it
would have to for CPUID faulting. Features are only ever taken away: what is asked for runs on the
real processor.

    HLSGATE_TEST_PROCESSOR   vendor, signature, level, and sizes of L1, L2 and L3 in KiB
    HLSGATE_TEST_CPUIDS      file with a line "<address in the object> <path>" for each CPUID

What glibc itself chooses by CPUID, before anything is loaded, is set by GLIBC_TUNABLES instead.
*/
#define _GNU_SOURCE
#include <cpuid.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define BREAKPOINT 0xcc
#define SECOND_BYTE 0xa2 /* of CPUID, 0f a2 */
#define LINE_SIZE 64     /* of a cache, in bytes */
#define WAYS 8
#define WAYS_OF_L3 16

enum level { AVX, AVX2, AVX512, AVX512_BF16 };
enum { EAX, EBX, ECX, EDX };

static struct {
    char vendor[13];
    uint32_t signature;
    int level;
    uint32_t l1, l2, l3;
} wanted;

static int intel(void) { return strcmp(wanted.vendor, "GenuineIntel") == 0; }

/* Leaves 4 (Intel) and 8000001d (AMD): one cache for each subleaf. */
static void cache(uint32_t number, uint32_t *answer) {
    static const uint32_t kinds[] = {1, 2, 3, 3}; /* data, instructions, both, both */
    static const uint32_t levels[] = {1, 1, 2, 3};
    const uint32_t sizes[] = {wanted.l1, wanted.l1, wanted.l2, wanted.l3};

    memset(answer, 0, 4 * sizeof *answer);
    if (number >= 4 || sizes[number] == 0)
        return;
    uint32_t ways = levels[number] == 3 ? WAYS_OF_L3 : WAYS;
    answer[EAX] = kinds[number] | levels[number] << 5 | 1 << 8;
    answer[EBX] = (LINE_SIZE - 1) | (ways - 1) << 22;
    answer[ECX] = sizes[number] * 1024 / (LINE_SIZE * ways) - 1;
}

static void basic_features(uint32_t *answer) {
    answer[EAX] = wanted.signature;
    if (wanted.level == AVX)
        answer[ECX] &= ~(uint32_t)bit_FMA;
}

static void extended_features(uint32_t subleaf, uint32_t *answer) {
    int avx512 = wanted.level >= AVX512;

    if (subleaf == 1) { /* of vector instructions: AVX-VNNI (4), AVX512-BF16 (5) */
        answer[EAX] &= wanted.level == AVX512_BF16 ? bit_AVX512BF16 : 0;
        answer[EBX] = answer[ECX] = answer[EDX] = 0;
    }
    if (subleaf != 0)
        return;
    answer[EAX] = wanted.level == AVX512_BF16;
    answer[EDX] = 0; /* AMX, AVX512-FP16 and other late ones */
    if (!avx512) {
        answer[EBX] &= bit_FSGSBASE | bit_BMI | bit_AVX2 | bit_BMI2;
        answer[ECX] = 0;
    }
    if (avx512 && wanted.level != AVX512_BF16)
        answer[ECX] &= bit_AVX512VNNI;
    if (wanted.level == AVX)
        answer[EBX] &= bit_FSGSBASE;
}

static void amd_caches(uint32_t leaf, uint32_t *answer) {
    if (leaf == 0x80000005)
        answer[ECX] = answer[EDX] = wanted.l1 << 24 | WAYS << 16 | 1 << 8 | LINE_SIZE;
    if (leaf == 0x80000006) {
        answer[ECX] = wanted.l2 << 16 | 6 << 12 | 1 << 8 | LINE_SIZE;
        answer[EDX] = wanted.l3 / 512 << 18 | 8 << 12 | 1 << 8 | LINE_SIZE;
    }
}

static void vendor(uint32_t *answer) {
    memcpy(&answer[EBX], wanted.vendor, 4);
    memcpy(&answer[EDX], wanted.vendor + 4, 4);
    memcpy(&answer[ECX], wanted.vendor + 8, 4);
}

static void edit(uint32_t leaf, uint32_t subleaf, uint32_t *answer) {
    switch (leaf) {
    case 0:
        answer[EAX] = intel() ? 0xd : 0x10;
        /* fall through */
    case 0x80000000:
        vendor(answer);
        break;
    case 1:
        basic_features(answer);
        break;
    case 4:
        if (intel())
            cache(subleaf, answer);
        break;
    case 7:
        extended_features(subleaf, answer);
        break;
    case 0xd:
        if (subleaf == 0 && wanted.level < AVX512)
            answer[EAX] &= 7; /* state of x87, SSE and AVX */
        break;
    case 0x8000001d:
        cache(subleaf, answer);
        break;
    default:
        amd_caches(leaf, answer);
    }
}

static void on_breakpoint(int signal, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint32_t leaf = (uint32_t)registers[REG_RAX], subleaf = (uint32_t)registers[REG_RCX];
    uint32_t answer[4];
    (void)signal, (void)info;

    if (*(uint8_t *)registers[REG_RIP] != SECOND_BYTE)
        abort(); /* somebody else's breakpoint */
    __cpuid_count(leaf, subleaf, answer[EAX], answer[EBX], answer[ECX], answer[EDX]);
    edit(leaf, subleaf, answer);
    registers[REG_RAX] = answer[EAX];
    registers[REG_RBX] = answer[EBX];
    registers[REG_RCX] = answer[ECX];
    registers[REG_RDX] = answer[EDX];
    registers[REG_RIP] += 1;
}

static void set_breakpoint(uintptr_t address) {
    uintptr_t page = address & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1);
    size_t length = address + 1 - page;

    if (mprotect((void *)page, length, PROT_READ | PROT_WRITE | PROT_EXEC)) {
        perror("hlsgate's other processor: mprotect");
        abort();
    }
    *(uint8_t *)address = BREAKPOINT;
    mprotect((void *)page, length, PROT_READ | PROT_EXEC);
}

static void set_breakpoints(uintptr_t base, const char *path) {
    FILE *list = fopen(getenv("HLSGATE_TEST_CPUIDS"), "re");
    char line[PATH_MAX + 32];

    if (!list) {
        perror("hlsgate's other processor: HLSGATE_TEST_CPUIDS");
        abort();
    }
    while (fgets(line, sizeof line, list)) {
        char *rest;
        uintptr_t address = strtoull(line, &rest, 16);
        rest[strcspn(rest, "\n")] = '\0';
        if (strcmp(rest + 1, path) == 0)
            set_breakpoint(base + address);
    }
    fclose(list);
}

unsigned int la_version(unsigned int version) {
    const char *told = getenv("HLSGATE_TEST_PROCESSOR");
    struct sigaction action = {0};

    if (!told || sscanf(told, "%12s %x %d %u %u %u", wanted.vendor, &wanted.signature, &wanted.level,
                        &wanted.l1, &wanted.l2, &wanted.l3) != 6) {
        fprintf(stderr, "hlsgate's other processor: HLSGATE_TEST_PROCESSOR is not understood\n");
        abort();
    }
    action.sa_sigaction = on_breakpoint;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigaction(SIGTRAP, &action, NULL);
    return version;
}

unsigned int la_objopen(struct link_map *object, Lmid_t space, uintptr_t *cookie) {
    char path[PATH_MAX];
    (void)space, (void)cookie;

    if (realpath(object->l_name[0] ? object->l_name : "/proc/self/exe", path))
        set_breakpoints(object->l_addr, path);
    return 0;
}
