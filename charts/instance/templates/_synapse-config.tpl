{{/* What is no secret. */}}
{{- define "synapse.config" -}}
server_name: {{ include "instance.webHost" . }}
public_baseurl: https://{{ include "instance.matrixHost" . }}/
listeners:
  - type: http
    port: 8008
    bind_addresses: ["0.0.0.0"]
    tls: false
    x_forwarded: true
    resources:
      - names: [client]
        compress: false
log_config: /config/log.yaml
media_store_path: /data/media
signing_key_path: /secrets/signing.key
enable_registration: false
# Accounts are made while somebody waits; 12 rounds (the default) cost four times as much.
bcrypt_rounds: 10
allow_guest_access: false
report_stats: false
# Alone in the world: no other server is asked for anything.
trusted_key_servers: []
federation_domain_whitelist: []
allow_public_rooms_over_federation: false
url_preview_enabled: false
max_upload_size: 50M
user_directory:
  enabled: true
  search_all_users: true
# Enough for one team and its agents, which all come from one address; not for guessing passwords.
rc_message: {per_second: 10, burst_count: 100}
rc_login:
  address: {per_second: 2, burst_count: 60}
  account: {per_second: 1, burst_count: 20}
  failed_attempts: {per_second: 0.1, burst_count: 5}
rc_joins:
  local: {per_second: 10, burst_count: 100}
  remote: {per_second: 0.01, burst_count: 1}
rc_joins_per_room: {per_second: 10, burst_count: 100}
rc_invites:
  per_room: {per_second: 5, burst_count: 100}
  per_user: {per_second: 2, burst_count: 50}
  per_issuer: {per_second: 5, burst_count: 100}
{{- end }}

{{- define "synapse.log" -}}
version: 1
disable_existing_loggers: false
formatters:
  line: {format: "%(asctime)s %(levelname)s %(name)s %(message)s"}
handlers:
  stderr: {class: logging.StreamHandler, formatter: line, stream: "ext://sys.stderr"}
root: {level: WARNING, handlers: [stderr]}
{{- end }}

{{/* Read after the other file; the database is here since its password is among its arguments. */}}
{{- define "synapse.secrets" -}}
database:
  name: psycopg2
  args:
    host: {{ .Values.database.host | quote }}
    port: {{ .Values.database.port }}
    dbname: {{ .Values.database.name | quote }}
    user: {{ .Values.database.user | quote }}
    password: {{ .Values.secrets.database | quote }}
    sslmode: {{ .Values.database.sslMode }}
    cp_min: 1
    cp_max: 5
    keepalives_idle: 10
    keepalives_interval: 10
    keepalives_count: 3
macaroon_secret_key: {{ .Values.secrets.macaroon | quote }}
form_secret: {{ .Values.secrets.form | quote }}
registration_shared_secret: {{ .Values.secrets.registration | quote }}
{{- end }}
