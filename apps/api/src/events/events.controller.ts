import { federationStream } from '@fedamole/federation';
import { parseCheckpoint } from '@fedamole/event-store';
import type { MessageEvent } from '@nestjs/common';
import { Controller, Get, Headers, Inject, Param, Query, Sse } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { loadFederation } from '../federations/loaded-federation.js';
import type { ById } from '../http/path-parameters.js';
import { byId } from '../http/path-parameters.js';
import { Platform } from '../platform/platform.js';
import { follow, readPage, sourceOfAll, sourceOfStream } from './event-feed.js';
import type { AllPosition, EventPage, StreamPosition } from './schemas.js';
import { allPosition, eventPage, streamPosition } from './schemas.js';

const defaultLimit = 100;

@ApiTags('events')
@Controller('v1')
export class EventsController {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  @Get('events')
  @ApiOperation({ summary: 'Events of all streams, in the order in which every reader sees them.' })
  @ApiResponse({ status: 200, description: 'A page of events.', standardSchema: eventPage })
  async all(@Query({ schema: allPosition }) { after, limit }: AllPosition): Promise<EventPage> {
    return readPage(sourceOfAll(this.platform.store), after ?? null, limit ?? defaultLimit);
  }

  @Sse('events/stream')
  @ApiOperation({ summary: 'Events of all streams as they happen: server-sent events.' })
  @ApiProduces('text/event-stream')
  followAll(
    @Query({ schema: allPosition }) { after }: AllPosition,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Observable<MessageEvent> {
    const resumed = lastEventId !== undefined && parseCheckpoint(lastEventId) ? lastEventId : after;
    return follow(sourceOfAll(this.platform.store), resumed ?? null, this.platform);
  }

  @Get('federations/:id/events')
  @ApiOperation({ summary: "A federation's events; `after` is the version of the last one seen." })
  @ApiResponse({ status: 200, description: 'A page of events.', standardSchema: eventPage })
  async ofFederation(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: streamPosition }) { after, limit }: StreamPosition,
  ): Promise<EventPage> {
    await loadFederation(this.platform.store, id);
    const cursor = after === undefined ? null : String(after);
    return readPage(sourceOfStream(this.platform.store, federationStream(id)), cursor, limit ?? defaultLimit);
  }

  @Sse('federations/:id/events/stream')
  @ApiOperation({ summary: "A federation's events as they happen: server-sent events." })
  @ApiProduces('text/event-stream')
  async followFederation(
    @Param({ schema: byId }) { id }: ById,
    @Query({ schema: streamPosition }) { after }: StreamPosition,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Promise<Observable<MessageEvent>> {
    await loadFederation(this.platform.store, id);
    const resumed = /^\d{1,9}$/.test(lastEventId ?? '') ? lastEventId : after?.toString();
    return follow(sourceOfStream(this.platform.store, federationStream(id)), resumed ?? null, this.platform);
  }
}
