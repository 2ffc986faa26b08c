# Silta in a container: one static binary, no shell, any user ID, read-only root.
#
#   docker build -t silta .
#   docker run --read-only --cap-drop ALL --user "$(id -u)" -v ./data:/data silta
#
# All state is in /data: config.yaml, registration.yaml, silta.key, silta.db.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=container
RUN make build VERSION="$VERSION"

FROM scratch
# For homeservers behind https.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/silta /usr/bin/silta
COPY --from=build /src/LICENSE /src/example-config.yaml /usr/share/silta/
ENV SILTA_CONFIG=/data/config.yaml
VOLUME /data
WORKDIR /data
# For the homeserver. Health and metrics (29331) stay inside.
EXPOSE 29330
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/usr/bin/silta", "health"]
ENTRYPOINT ["/usr/bin/silta"]
CMD ["run"]
