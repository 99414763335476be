# One image for worker, API and migration; what it does is the command after its name:
#   bellwether worker | bellwether api | bellwether db upgrade
FROM node:20-bookworm-slim AS htmx
WORKDIR /htmx
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

RUN useradd --system --uid 10001 --create-home bellwether \
    && install -d -o bellwether -g bellwether -m 0700 /var/lib/bellwether

WORKDIR /app

# The packages change more seldom than the code: a layer of their own.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY . .
COPY --from=htmx /htmx/node_modules node_modules
RUN pip install --no-deps --no-build-isolation -e .

ENV BELLWETHER_DATA_DIR=/var/lib/bellwether \
    BELLWETHER_HOST=0.0.0.0 \
    BELLWETHER_PORT=8000
EXPOSE 8000
VOLUME /var/lib/bellwether
USER bellwether

ENTRYPOINT ["bellwether"]
CMD ["api"]
