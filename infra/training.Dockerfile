# The image in which models train: Python, TensorFlow for GPUs with CUDA's libraries, Pilotlight, this project.
# `pilotlight image build` builds it and sends what it is built from: project/, tool/ (Pilotlight itself, as it runs the
# command), chosen by infra/training.ignore. Docker's older builder and BuildKit both read this file.
#
# Everything is pinned by hash: the base here, every package in infra/training-requirements.txt. CUDA's libraries are
# among those packages (tensorflow[and-cuda]), so the base need not bring them, and the driver is the GPU machine's own.
# The digest is python:3.13-slim-trixie's as Docker Hub lists it for all platforms; renew it with
#   docker buildx imagetools inspect python:3.13-slim-trixie
# Another base needs Python 3.13 with venv, for which the lock's wheels are.
ARG BASE=python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285
FROM ${BASE}

# infra/training-requirements-cpu.txt has the same packages with TensorFlow for the CPU.
ARG REQUIREMENTS=infra/training-requirements.txt
COPY project/${REQUIREMENTS} /opt/pilotlight/requirements.txt
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: --requirement /opt/pilotlight/requirements.txt

# The job definition names the same number. Some libraries want it to have a name.
RUN mkdir -p /home/trainer/project /home/trainer/tmp \
    && chown -R 1000:1000 /home/trainer \
    && { getent passwd 1000 || useradd --uid 1000 --home-dir /home/trainer --no-create-home trainer; }

COPY tool/ /opt/pilotlight/
RUN /opt/venv/bin/python -m compileall -q /opt/pilotlight
COPY --chown=1000:1000 project/ /home/trainer/project/

# Batch and the NVIDIA runtime hand in the GPU. Temporary files, checkpoints among them, are written to the disk.
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/pilotlight \
    PYTHONUNBUFFERED=1 \
    HOME=/home/trainer \
    TMPDIR=/home/trainer/tmp \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000:1000
WORKDIR /home/trainer/project
ENTRYPOINT ["python3", "-m", "pilotlight.training"]
