# The program alone, as an image of some megabytes with nothing else in it; docs/neighbours.md tells how
# to use it. `docker build -t legacy-llm .`, or podman, or buildah.

FROM debian:12-slim AS build
RUN apt-get update && \
    apt-get install --yes --no-install-recommends gcc libc6-dev make && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY c c
COPY data data

# A 64-bit PC has SSE, and AVX2 is used where it is there; on other machines plain C gives the same bits.
# Static, since the image has no libraries.
RUN kernels=$(test "$(uname -m)" != x86_64 || echo USE_SSE_BUILD=1) && \
    make -s test install $kernels CFLAGS=-O3 LDFLAGS='-static -s' DESTDIR=/image && \
    rm -r /image/usr/local/lib /image/usr/local/include && \
    mkdir -m 1777 /image/tmp /image/work

FROM scratch
COPY --from=build /image /
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/legacy_llm"]
CMD ["generate", "--prompt", "One day"]
