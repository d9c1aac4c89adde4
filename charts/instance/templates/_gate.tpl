{{/* Asks instance-gate about each request. What the browser says of itself is overwritten, and MindRoom checks the
     token's signature again. */}}
{{- define "gate.nginx" -}}
worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  server_tokens off;
  client_max_body_size 50m;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  # for the kubelet; in no Service
  server {
    listen 8081;
    location = /api/health { proxy_pass http://127.0.0.1:8765; }
    location = /api/ready { proxy_pass http://127.0.0.1:8765; }
    location / { return 404; }
  }
  server {
    listen 8080;
    location = /_gate/check {
      internal;
      proxy_pass http://127.0.0.1:8764;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host $host;
    }
    location /_gate/ {
      proxy_pass http://127.0.0.1:8764;
      proxy_set_header Host $host;
    }
    location / {
      auth_request /_gate/check;
      auth_request_set $instance_token $upstream_http_x_instance_token;
      error_page 401 = @sign_in;
      proxy_pass http://127.0.0.1:8765;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Instance-Token $instance_token;
      proxy_set_header Authorization "";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 1h;
      proxy_buffering off;
    }
    location @sign_in { return 302 /_gate/sign-in?return=$uri; }
  }
}
{{- end }}

{{- define "gate.containers" -}}
- name: nginx
  image: {{ .Values.images.nginx }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  command: [nginx]
  args: [-c, /config/nginx.conf, -g, daemon off;]
  ports:
    - {name: web, containerPort: 8080}
    - {name: health, containerPort: 8081}
  securityContext:
    {{- include "instance.containerSecurity" . | nindent 4 }}
    readOnlyRootFilesystem: true
  resources:
    {{- include "instance.sidecarResources" . | nindent 4 }}
  volumeMounts:
    - {name: config, mountPath: /config, readOnly: true}
    - {name: tmp, mountPath: /tmp}
- name: gate
  image: {{ .Values.images.gate }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  env:
    - {name: LISTEN, value: "127.0.0.1:8764"}
    - {name: INSTANCE_ID, value: {{ .Values.instanceId | quote }}}
    - {name: INSTANCE_URL, value: "https://{{ include "instance.webHost" . }}"}
    - {name: API_URL, value: {{ .Values.gate.url | quote }}}
    - {name: API_INTERNAL_URL, value: {{ .Values.gate.internalUrl | quote }}}
    - {name: INSTANCE_SECRET_FILE, value: /secrets/gate}
  securityContext:
    {{- include "instance.containerSecurity" . | nindent 4 }}
    readOnlyRootFilesystem: true
  resources:
    {{- include "instance.sidecarResources" . | nindent 4 }}
  volumeMounts:
    - {name: secrets, mountPath: /secrets, readOnly: true}
{{- end }}
