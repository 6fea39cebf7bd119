import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { AdaptersController } from './adapters/adapters.controller.js';
import { AdaptersService } from './adapters/adapters.service.js';
import { AssignmentsController } from './assignments/assignments.controller.js';
import { AssignmentsService } from './assignments/assignments.service.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditTrail } from './audit/audit-trail.js';
import { ArtifactsController } from './artifacts/artifacts.controller.js';
import { ArtifactsService } from './artifacts/artifacts.service.js';
import { BaseModelsController } from './base-models/base-models.controller.js';
import { BaseModelsService } from './base-models/base-models.service.js';
import { ClientsController } from './clients/clients.controller.js';
import { ClientsService } from './clients/clients.service.js';
import { EventsController } from './events/events.controller.js';
import { FederationsController } from './federations/federations.controller.js';
import { FederationsService } from './federations/federations.service.js';
import { ProgressService } from './federations/progress.service.js';
import { RoundsController } from './federations/rounds.controller.js';
import { SteeringController } from './federations/steering.controller.js';
import { ValidationService } from './federations/validation.service.js';
import { HealthController } from './health/health.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { KeysService } from './keys/keys.service.js';
import { Platform } from './platform/platform.js';
import { QueuesController } from './queues/queues.controller.js';
import { QueuesService } from './queues/queues.service.js';
import { ReadModelsController } from './read-models/read-models.controller.js';
import { ReadModelsService } from './read-models/read-models.service.js';
import { ReplaysController } from './replays/replays.controller.js';
import { ReplaysService } from './replays/replays.service.js';
import { VerificationController } from './verification/verification.controller.js';
import { WorkersController } from './workers/workers.controller.js';
import { WorkersService } from './workers/workers.service.js';

@Module({})
export class ApiModule {
  static on(platform: Platform): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        AdaptersController,
        ArtifactsController,
        AssignmentsController,
        AuditController,
        BaseModelsController,
        ClientsController,
        EventsController,
        FederationsController,
        HealthController,
        KeysController,
        QueuesController,
        ReadModelsController,
        ReplaysController,
        RoundsController,
        SteeringController,
        VerificationController,
        WorkersController,
      ],
      providers: [
        { provide: Platform, useValue: platform },
        {
          provide: AuditTrail,
          useFactory: ({ database }: Platform) => new AuditTrail(database.prisma),
          inject: [Platform],
        },
        AdaptersService,
        ArtifactsService,
        AssignmentsService,
        BaseModelsService,
        ClientsService,
        FederationsService,
        KeysService,
        ProgressService,
        QueuesService,
        ReadModelsService,
        ReplaysService,
        ValidationService,
        WorkersService,
      ],
    };
  }
}
